//! The video of a description (SDP): where it is, and how its packets are to be read.

use gstreamer as gst;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// Absolute, or to be put behind the base.
    pub control: String,
    payload: i32,
    /// `H264`
    pub encoding: String,
    clock_rate: i32,
    parameters: Vec<(String, String)>,
}

/// The first video stream.
pub fn video(description: &str) -> Option<Video> {
    let mut lines =
        description.lines().map(str::trim).skip_while(|line| !line.starts_with("m=video"));
    let payload: i32 = lines.next()?.split(' ').nth(3)?.parse().ok()?;
    let mut video = Video {
        control: String::new(),
        payload,
        encoding: String::new(),
        clock_rate: 0,
        parameters: Vec::new(),
    };
    for line in lines.take_while(|line| !line.starts_with("m=")) {
        let Some((name, value)) = line.strip_prefix("a=").and_then(|line| line.split_once(':'))
        else {
            continue;
        };
        let of_payload = || value.split_once(' ').filter(|(of, _)| *of == payload.to_string());
        match name {
            "control" => video.control = value.to_owned(),
            "rtpmap" => {
                let Some((_, map)) = of_payload() else { continue };
                let mut parts = map.split('/');
                video.encoding = parts.next()?.to_uppercase();
                video.clock_rate = parts.next()?.trim().parse().ok()?;
            }
            "fmtp" => {
                let Some((_, list)) = of_payload() else { continue };
                let pairs = list.split(';').filter_map(|pair| pair.trim().split_once('='));
                video.parameters =
                    pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
            }
            _ => {}
        }
    }
    (!video.encoding.is_empty()).then_some(video)
}

impl Video {
    pub fn caps(&self) -> gst::Caps {
        let mut caps = gst::Caps::builder("application/x-rtp")
            .field("media", "video")
            .field("payload", self.payload)
            .field("clock-rate", self.clock_rate)
            .field("encoding-name", &self.encoding);
        // Only what a depayloader knows: other names may not even be names.
        const KNOWN: [&str; 6] = [
            "sprop-parameter-sets",
            "profile-level-id",
            "packetization-mode",
            "sprop-vps",
            "sprop-sps",
            "sprop-pps",
        ];
        for (name, value) in &self.parameters {
            if let Some(known) = KNOWN.iter().find(|known| **known == name.as_str()) {
                caps = caps.field(*known, value);
            }
        }
        caps.build()
    }

    /// Where to set it up.
    pub fn address(&self, base: &str) -> String {
        match self.control.as_str() {
            "" | "*" => base.to_owned(),
            absolute if absolute.starts_with("rtsp://") => absolute.to_owned(),
            relative => format!("{}/{relative}", base.trim_end_matches('/')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\na=control:*\r\nm=audio 0 RTP/AVP 8\r\na=control:audio\r\n\
        m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IA,aM4=;x=y\r\n\
        a=control:stream=0\r\nm=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n";

    #[test]
    fn the_video_is_found_between_other_streams() {
        let video = video(TEXT).unwrap();
        assert_eq!(
            (video.encoding.as_str(), video.payload, video.clock_rate),
            ("H264", 96, 90_000)
        );
        assert_eq!(video.address("rtsp://nvr/replay/"), "rtsp://nvr/replay/stream=0");
        let sets = ("sprop-parameter-sets".to_owned(), "Z0IA,aM4=".to_owned());
        assert!(video.parameters.contains(&sets));
        let absolute = Video { control: "rtsp://other/1".to_owned(), ..video };
        assert_eq!(absolute.address("rtsp://nvr/replay"), "rtsp://other/1");
    }

    #[test]
    fn a_description_without_video_has_none() {
        for text in
            ["", "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000", "m=video 0 RTP/AVP 96", "m=video"]
        {
            assert_eq!(video(text), None, "{text}");
        }
    }
}
