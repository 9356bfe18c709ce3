//! A package as a folder.

use super::read_file;
use crate::domain::package::{
    ENTRIES_MAX, FILES, TOTAL_BYTES_MAX,
    check::{Fault, FaultKind, Found},
    check_name,
};
use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Fails only where the folder itself cannot be listed.
pub fn read_folder(folder: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    let mut names = list(folder, "", &mut found)?;
    if names.iter().any(|name| name == FILES) {
        names.retain(|name| name != FILES);
        names.extend(list(&folder.join(FILES), "files/", &mut found)?);
    }
    names.sort();
    let mut left = TOTAL_BYTES_MAX;
    for name in names {
        let refuse = |reason: String| Fault::new(&name, FaultKind::Unreadable, reason);
        let path = folder.join(&name);
        // Not through a link: what it leads to is not of the package.
        let kind = match fs::symlink_metadata(&path) {
            Ok(kind) if kind.is_file() => kind,
            Ok(_) => {
                found.faults.push(Fault::new(&name, FaultKind::Extra, "it is no plain file"));
                continue;
            }
            Err(error) => {
                found.faults.push(refuse(error.to_string()));
                continue;
            }
        };
        let Some(rest) = left.checked_sub(kind.len()) else {
            let reason = format!("the package is larger than {TOTAL_BYTES_MAX} bytes");
            found.faults.push(refuse(reason));
            break;
        };
        left = rest;
        let read =
            File::open(&path).and_then(|file| read_file(&mut found, &name, kind.len(), file));
        if let Err(error) = read {
            found.faults.push(refuse(error.to_string()));
        }
    }
    Ok(found)
}

/// The names in one folder, with `prefix`; [`FILES`] among them is a folder.
fn list(folder: &Path, prefix: &str, found: &mut Found) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for (index, entry) in fs::read_dir(folder)?.enumerate() {
        if index == ENTRIES_MAX {
            let reason = format!("more than {ENTRIES_MAX} files in one folder");
            found.faults.push(Fault::new(prefix, FaultKind::Unreadable, reason));
            break;
        }
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type()?.is_dir();
        let reason = match check_name(&name) {
            _ if is_folder && name == FILES => None,
            _ if is_folder => Some(format!("allowed folders: {FILES}")),
            Ok(()) if name == FILES => Some("it is no folder".to_owned()),
            Ok(()) => None,
            Err(bad) => Some(bad.to_string()),
        };
        match reason {
            None => names.push(name),
            Some(reason) => found.faults.push(Fault::new(name, FaultKind::Extra, reason)),
        }
    }
    Ok(names)
}
