//! Evidence files, named by their SHA-256; uploads continue where they stopped.
//!
//! ```text
//! <dir>/parts/<sha256>.part   bytes received so far, in order
//! <dir>/whole/ab/<sha256>     digest checked; never changed again
//! s3://bucket/ab/<sha256>     the same, where whole files go into a bucket
//! ```
//!
//! Invariants: what is whole has the digest of its name; it becomes so only after its bytes are on disk,
//! and leaves `parts/` only after it is in the bucket. Enters: digests that [`Digest256`] has checked, so no name can leave the
//! folder. Failure: a part with a wrong digest is deleted; a full disk leaves the part as long as
//! it is, and the upload goes on later. Sizes in bytes.

use super::bucket::{Bucket, BucketSettings};
use crate::base::hex::hex;
use sha2::{Digest, Sha256};
use std::{
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};
use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom},
};

/// A whole file's bytes.
pub type Content = Box<dyn AsyncRead + Send + Unpin>;

/// 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest256(Arc<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is no SHA-256: 64 lower-case hexadecimal digits are expected")]
pub struct BadDigest {
    pub value: String,
}

impl Digest256 {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(Sha256::new().chain_update(bytes))
    }

    /// For what is read piece by piece.
    pub fn hashing() -> Hashing {
        Hashing(Sha256::new())
    }

    fn from_hash(hash: Sha256) -> Self {
        Self(hex(&hash.finalize()).into())
    }
}

/// A digest under way.
pub struct Hashing(Sha256);

impl Hashing {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Digest256 {
        Digest256::from_hash(self.0)
    }
}

impl FromStr for Digest256 {
    type Err = BadDigest;
    fn from_str(value: &str) -> Result<Self, BadDigest> {
        let sound =
            value.len() == 64 && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if sound {
            Ok(Self(value.into()))
        } else {
            Err(BadDigest { value: value.chars().take(80).collect() })
        }
    }
}

impl fmt::Display for Digest256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("{path}: {reason}")]
    Io { path: PathBuf, reason: io::Error },
    #[error("{place}: {reason}")]
    Bucket { place: String, reason: String },
    #[error("upload goes on at {held}, not at {given}")]
    Offset { held: u64, given: u64 },
    #[error("{held} bytes are more than the {length} announced")]
    TooLong { held: u64, length: u64 },
    #[error("the bytes have digest {actual}; all of them are discarded")]
    WrongDigest { actual: Digest256 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub bytes: u64,
    pub complete: bool,
}

/// Clones share the folder.
#[derive(Debug, Clone)]
pub struct EvidenceFiles {
    dir: Arc<Path>,
    /// Where whole files go; without it they stay in `dir`.
    bucket: Option<Bucket>,
}

impl EvidenceFiles {
    pub async fn open(dir: &Path, bucket: Option<&BucketSettings>) -> Result<Self, FilesError> {
        for folder in [dir.join("parts"), dir.join("whole")] {
            fs::create_dir_all(&folder)
                .await
                .map_err(|reason| FilesError::Io { path: folder.clone(), reason })?;
        }
        Ok(Self { dir: dir.into(), bucket: bucket.map(Bucket::new).transpose()? })
    }

    fn part(&self, digest: &Digest256) -> PathBuf {
        self.dir.join("parts").join(format!("{digest}.part"))
    }

    fn whole(&self, digest: &Digest256) -> PathBuf {
        self.dir.join("whole").join(&digest.as_str()[..2]).join(digest.as_str())
    }

    /// What is held of a file, if anything.
    pub async fn held(&self, digest: &Digest256) -> Result<Option<Held>, FilesError> {
        let whole = match &self.bucket {
            Some(bucket) => bucket.bytes(digest).await?,
            None => length(self.whole(digest)).await?,
        };
        if let Some(bytes) = whole {
            return Ok(Some(Held { bytes, complete: true }));
        }
        Ok(length(self.part(digest)).await?.map(|bytes| Held { bytes, complete: false }))
    }

    /// Appends at `offset`, which must be what is held. One uploader a file at a time: the caller sees to it.
    pub async fn append(
        &self,
        digest: &Digest256,
        offset: u64,
        length: u64,
        bytes: &[u8],
    ) -> Result<u64, FilesError> {
        let held = self.held(digest).await?.map_or(0, |held| held.bytes);
        if held != offset {
            return Err(FilesError::Offset { held, given: offset });
        }
        let grown = held + bytes.len() as u64;
        if grown > length {
            return Err(FilesError::TooLong { held: grown, length });
        }
        let path = self.part(digest);
        let failed = |reason| FilesError::Io { path: path.clone(), reason };
        let mut file =
            OpenOptions::new().create(true).append(true).open(&path).await.map_err(failed)?;
        let written = async {
            file.write_all(bytes).await?;
            file.flush().await
        };
        if let Err(reason) = written.await {
            // Whatever part of it was written is held; the length says how much.
            return Err(failed(reason));
        }
        Ok(grown)
    }

    /// All bytes are there: checks the digest and makes the file whole, or deletes it.
    pub async fn finish(&self, digest: &Digest256) -> Result<(), FilesError> {
        let (part, whole) = (self.part(digest), self.whole(digest));
        let failed = |reason| FilesError::Io { path: part.clone(), reason };
        let mut file = File::open(&part).await.map_err(failed)?;
        let mut hash = Sha256::new();
        let mut chunk = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut chunk).await.map_err(failed)?;
            if read == 0 {
                break;
            }
            hash.update(&chunk[..read]);
        }
        let actual = Digest256::from_hash(hash);
        if actual != *digest {
            drop(file);
            fs::remove_file(&part).await.map_err(failed)?;
            return Err(FilesError::WrongDigest { actual });
        }
        file.sync_all().await.map_err(failed)?;
        if let Some(bucket) = &self.bucket {
            file.rewind().await.map_err(failed)?;
            bucket.put(digest, file).await?;
            return fs::remove_file(&part).await.map_err(failed);
        }
        drop(file);
        let folder = whole.parent().unwrap_or(&self.dir).to_path_buf();
        let failed = |reason| FilesError::Io { path: whole.clone(), reason };
        fs::create_dir_all(&folder).await.map_err(failed)?;
        fs::rename(&part, &whole).await.map_err(failed)?;
        // The rename itself must survive a power cut, or a case would name a file that is not there.
        File::open(&folder).await.map_err(failed)?.sync_all().await.map_err(failed)
    }

    /// Drops what was received of a file that is not whole.
    pub async fn discard(&self, digest: &Digest256) -> Result<(), FilesError> {
        let path = self.part(digest);
        match fs::remove_file(&path).await {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => {
                Err(FilesError::Io { path, reason })
            }
            _ => Ok(()),
        }
    }

    /// Deletes a whole file, or what was received of it; one that is not there is deleted already.
    pub async fn remove(&self, digest: &Digest256) -> Result<(), FilesError> {
        self.discard(digest).await?;
        if let Some(bucket) = &self.bucket {
            return bucket.remove(digest).await;
        }
        let path = self.whole(digest);
        match fs::remove_file(&path).await {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => {
                Err(FilesError::Io { path, reason })
            }
            _ => Ok(()),
        }
    }

    /// A whole file, positioned at `from`.
    pub async fn read(&self, digest: &Digest256, from: u64) -> Result<Content, FilesError> {
        if let Some(bucket) = &self.bucket {
            return bucket.read(digest, from).await;
        }
        let path = self.whole(digest);
        let failed = |reason| FilesError::Io { path: path.clone(), reason };
        let mut file = File::open(&path).await.map_err(failed)?;
        if from > 0 {
            file.seek(SeekFrom::Start(from)).await.map_err(failed)?;
        }
        Ok(Box::new(file))
    }
}

/// Of a file, if it is there.
async fn length(path: PathBuf) -> Result<Option<u64>, FilesError> {
    match fs::metadata(&path).await {
        Ok(found) => Ok(Some(found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(FilesError::Io { path, reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_that_could_be_a_path_is_refused() {
        for bad in ["", "../../etc/passwd", &"A".repeat(64), &"0".repeat(63), &"g".repeat(64)] {
            assert!(bad.parse::<Digest256>().is_err(), "{bad}");
        }
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest256::of(b"").as_str(), empty);
    }

    #[tokio::test]
    async fn an_upload_goes_on_after_a_cut_and_becomes_whole_only_with_its_digest() {
        let dir = tempfile::tempdir().unwrap();
        let files = EvidenceFiles::open(dir.path(), None).await.unwrap();
        let digest = Digest256::of(b"street");
        assert_eq!(files.append(&digest, 0, 6, b"str").await.unwrap(), 3);
        let reopened = EvidenceFiles::open(dir.path(), None).await.unwrap();
        let held = reopened.held(&digest).await.unwrap();
        assert_eq!(held, Some(Held { bytes: 3, complete: false }));
        let again = reopened.append(&digest, 0, 6, b"str").await;
        assert!(matches!(again, Err(FilesError::Offset { held: 3, given: 0 })));
        let long = reopened.append(&digest, 3, 6, b"eets").await;
        assert!(matches!(long, Err(FilesError::TooLong { held: 7, length: 6 })));
        reopened.append(&digest, 3, 6, b"eet").await.unwrap();
        reopened.finish(&digest).await.unwrap();
        let mut text = String::new();
        reopened.read(&digest, 2).await.unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "reet");
    }

    #[tokio::test]
    async fn a_wrong_digest_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let files = EvidenceFiles::open(dir.path(), None).await.unwrap();
        let digest = Digest256::of(b"street");
        files.append(&digest, 0, 6, b"faked!").await.unwrap();
        let end = files.finish(&digest).await;
        assert!(matches!(end, Err(FilesError::WrongDigest { .. })));
        assert_eq!(files.held(&digest).await.unwrap(), None);
    }
}
