//! Evidence files on disk: named by their SHA-256, complete before anything refers to them.
//!
//! A file leaves once the hub holds it (`uploads.rs`).
//!
//! Invariant: write, sync the file, rename, sync the folder, then the database row. A fact never
//! names a file that a power cut could take.

use crate::{
    base::{hex::hex, time::WallTime},
    domain::{pixel::PixelSize, wire::EvidenceData},
    drivers::store::edge::UploadRow,
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

#[derive(Debug, Clone)]
pub struct EvidenceFolder {
    dir: PathBuf,
    /// Numbers the files being written: two cameras may store the same bytes at once.
    written: Arc<AtomicU64>,
    /// The hub's address, so that a reader of the fact can fetch the file.
    url: String,
}

/// A stored file, as a fact names it and as the uploader finds it.
pub struct Stored {
    pub data: EvidenceData,
    pub upload: UploadRow,
}

/// What a file shows.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub role: &'a str,
    pub media_type: &'a str,
    pub size: PixelSize,
    pub captured_at: WallTime,
}

impl EvidenceFolder {
    pub fn open(dir: PathBuf, hub_url: &str) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        Ok(Self { dir, written: Arc::default(), url: hub_url.to_owned() })
    }

    /// Deletes what a crash left: files that no upload names. Only before the first case of a run.
    pub fn sweep(&self, wanted: &BTreeSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let ours = entry.file_type()?.is_file();
            if ours && !wanted.contains(entry.file_name().to_string_lossy().as_ref()) {
                tracing::debug!(path = %entry.path().display(), "evidence of no case is deleted");
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Where a file may be made before its digest is known.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.dir.join(format!(".{name}.part"))
    }

    pub fn put(&self, bytes: &[u8], about: About<'_>, now: WallTime) -> io::Result<Stored> {
        let sha256 = hex(&Sha256::digest(bytes));
        let scratch = self.scratch(&self.written.fetch_add(1, Ordering::Relaxed).to_string());
        let written = File::create(&scratch).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        if let Err(error) = written {
            // Half a picture must not take the last of a full disk.
            let _ = fs::remove_file(&scratch);
            return Err(error);
        }
        self.adopt(&scratch, sha256, bytes.len() as u64, about, now)
    }

    /// Take over a finished file.
    pub fn take(&self, scratch: &Path, about: About<'_>, now: WallTime) -> io::Result<Stored> {
        let mut file = File::open(scratch)?;
        let (mut digest, mut bytes, mut block) = (Sha256::new(), 0, vec![0; 1 << 16]);
        loop {
            let read = file.read(&mut block)?;
            if read == 0 {
                break;
            }
            digest.update(&block[..read]);
            bytes += read as u64;
        }
        file.sync_all()?;
        self.adopt(scratch, hex(&digest.finalize()), bytes, about, now)
    }

    fn adopt(
        &self,
        scratch: &Path,
        sha256: String,
        bytes: u64,
        about: About<'_>,
        now: WallTime,
    ) -> io::Result<Stored> {
        let path = self.dir.join(&sha256);
        fs::rename(scratch, &path)?;
        File::open(&self.dir)?.sync_all()?;
        let data = EvidenceData {
            role: about.role.to_owned(),
            url: format!("{}/api/v1/evidence/{sha256}", self.url),
            sha256: sha256.clone(),
            media_type: about.media_type.to_owned(),
            width_px: about.size.width_px,
            height_px: about.size.height_px,
            captured_at: about.captured_at,
        };
        let upload = UploadRow {
            sha256,
            path,
            bytes,
            media_type: about.media_type.to_owned(),
            added_at: now,
        };
        Ok(Stored { data, upload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About<'static> {
        About {
            role: "snapshot",
            media_type: "image/jpeg",
            size: PixelSize { width_px: 1, height_px: 1 },
            captured_at: WallTime::from_unix_millis(0),
        }
    }

    #[test]
    fn the_same_picture_stored_by_two_cameras_at_once_is_stored_for_both() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = EvidenceFolder::open(dir.path().to_owned(), "http://hub").unwrap();
        let now = WallTime::from_unix_millis(0);
        let put_twenty = || {
            for _ in 0..20 {
                evidence.put(b"picture", about(), now).unwrap();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(put_twenty);
            }
        });
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(left.len(), 1);
        assert_eq!(fs::read(left[0].path()).unwrap(), b"picture");
    }

    #[test]
    fn a_sweep_takes_what_no_upload_names() {
        let folder = tempfile::tempdir().unwrap();
        let evidence = EvidenceFolder::open(folder.path().to_owned(), "http://hub").unwrap();
        let now = WallTime::from_unix_millis(0);
        let kept = evidence.put(b"kept", about(), now).unwrap().upload;
        let left = evidence.put(b"left", about(), now).unwrap().upload;
        fs::write(evidence.scratch("clip-1"), b"half a clip").unwrap();
        evidence.sweep(&BTreeSet::from([kept.sha256])).unwrap();
        assert!(kept.path.exists() && !left.path.exists());
        assert!(!evidence.scratch("clip-1").exists());
    }
}
