//! The size that a JPEG file says it has, read from its header alone.

use crate::domain::pixel::PixelSize;

/// `None` for what is no JPEG file, or breaks off before its size.
pub fn jpeg_size(bytes: &[u8]) -> Option<PixelSize> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        // Any number of fill bytes may stand before a marker.
        let after = rest.strip_prefix(&[0xff])?;
        let (&marker, segment) = after.split_first()?;
        match marker {
            0xff => rest = after,
            0x01 | 0xd0..=0xd7 => rest = segment,
            // Image data or the end, and no size so far.
            0xd9 | 0xda => return None,
            // Start of frame; c4, c8 and cc are other things.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let side = |at: usize| {
                    Some(u32::from(u16::from_be_bytes([*segment.get(at)?, *segment.get(at + 1)?])))
                };
                let (height_px, width_px) = (side(3)?, side(5)?);
                return (width_px > 0 && height_px > 0)
                    .then_some(PixelSize { width_px, height_px });
            }
            _ => {
                let length = u16::from_be_bytes([*segment.first()?, *segment.get(1)?]);
                rest = segment.get(usize::from(length.max(2))..)?;
            }
        }
    }
}

/// A header and nothing behind it, for tests of whoever stores pictures.
#[cfg(test)]
pub fn header_only(width_px: u16, height_px: u16) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xff, 0xc0, 0, 17, 8];
    bytes.extend(height_px.to_be_bytes());
    bytes.extend(width_px.to_be_bytes());
    bytes.extend([3, 0xff, 0xd9]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_size_stands_in_the_frame_header() {
        let size = PixelSize { width_px: 1920, height_px: 1080 };
        assert_eq!(jpeg_size(&header_only(1920, 1080)), Some(size));
        assert_eq!(jpeg_size(&header_only(0, 1080)), None);
        assert_eq!(jpeg_size(b"\x89PNG"), None);
    }

    proptest! {
        #[test]
        fn a_header_that_breaks_off_has_no_size(cut in 0usize..18) {
            prop_assert_eq!(jpeg_size(&header_only(64, 48)[..cut]), None);
        }

        #[test]
        fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = jpeg_size(&[&[0xff, 0xd8, 0xff][..], &bytes].concat());
        }
    }
}
