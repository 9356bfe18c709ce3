//! A pipeline that is fed buffers and writes one file: `appsrc name=frames ... filesink name=file`.
//!
//! Shared by clips, which are encoded, and cuts, which are not. What the pipeline complains of is told in
//! GStreamer's words; it is stopped when dropped.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;

const FINISH_WITHIN: gst::ClockTime = gst::ClockTime::from_seconds(60);

pub struct FileWriter {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
}

impl FileWriter {
    /// `plugins`: the package to install where an element is missing.
    pub fn new(
        elements: &str,
        plugins: &str,
        caps: &gst::Caps,
        path: &Path,
    ) -> Result<Self, String> {
        let pipeline = gst::parse::launch(elements)
            .map_err(|error| format!("{error}: install {plugins}"))?
            .downcast::<gst::Pipeline>()
            .map_err(|_| "no pipeline")?;
        let source =
            pipeline.by_name("frames").and_then(|it| it.downcast::<gst_app::AppSrc>().ok());
        let source = source.ok_or("no frame source")?;
        source.set_caps(Some(caps));
        let file = pipeline.by_name("file").ok_or("no file sink")?;
        file.set_property("location", path);
        Ok(Self { pipeline, source })
    }

    pub fn bus(&self) -> Option<gst::Bus> {
        self.pipeline.bus()
    }

    pub fn play(&self) -> Result<(), String> {
        self.pipeline.set_state(gst::State::Playing).map(drop).map_err(|_| self.complaint())
    }

    pub fn push(&self, buffer: gst::Buffer) -> Result<(), String> {
        self.source.push_buffer(buffer).map(drop).map_err(|_| self.complaint())
    }

    /// Waits until the file is complete.
    pub fn finish(self) -> Result<(), String> {
        self.source.end_of_stream().map_err(|_| self.complaint())?;
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        match self.bus().and_then(|bus| bus.timed_pop_filtered(FINISH_WITHIN, &kinds)) {
            Some(message) if message.type_() == gst::MessageType::Eos => Ok(()),
            Some(message) => Err(words(&message)),
            None => Err("the file is not finished in time".to_owned()),
        }
    }

    fn complaint(&self) -> String {
        let errors = [gst::MessageType::Error];
        let message = self.bus().and_then(|bus| bus.pop_filtered(&errors));
        message.map_or_else(|| "the pipeline stopped".to_owned(), |message| words(&message))
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::error!("the pipeline of a file does not stop");
        }
    }
}

fn words(message: &gst::Message) -> String {
    match message.view() {
        gst::MessageView::Error(error) => error.error().message().to_owned(),
        _ => String::new(),
    }
}
