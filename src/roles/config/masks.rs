//! `edge.toml [masks]`: what hides people beside the boxes of the detector.

use super::beside;
use crate::base::toml_reader::{Fault, Faults, Table};
use std::path::{Path, PathBuf};

/// A network that finds faces, and where it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaceModel {
    pub path: PathBuf,
    file: String,
    line: usize,
}

impl FaceModel {
    pub fn fault(&self, reason: &str) -> Faults {
        let value = Some(format!("{:?}", self.path.display().to_string()));
        let (file, key_path) = (self.file.clone(), "masks.faces".to_owned());
        let allowed = reason.into();
        Faults::new(vec![Fault { file, line: self.line, key_path, value, allowed }])
    }
}

pub fn masks(mut table: Table<'_>, path: &Path) -> Option<FaceModel> {
    let line = table.line_of("faces");
    let written = table.value::<String>("faces").not_empty().optional()?;
    Some(FaceModel { path: beside(path, &written), file: path.display().to_string(), line })
}
