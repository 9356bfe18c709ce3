//! Whole evidence files in a bucket of any S3 store: `<prefix>/ab/<sha256>`.
//!
//! Enters: a file whose digest has been checked. Invariant: an object appears whole or not at all; one
//! that is there is never written again. Failure: tried again for a quarter of a minute, then the caller is
//! told; nothing is lost, the file still lies where it came from.

use super::files::{Content, Digest256, FilesError};
use crate::base::secret::Secret;
use futures_util::TryStreamExt;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    buffered::BufWriter,
    path::Path,
};
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::{fs::File, io::AsyncWriteExt};
use tokio_util::io::StreamReader;

/// Longer ones are sent in parts of this size.
const PART_BYTES: usize = 8 * 1024 * 1024;
const TRIED_FOR: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSettings {
    pub bucket: String,
    /// Empty, or folders without a slash at either end.
    pub prefix: String,
    /// Without it Amazon's own for the region.
    pub endpoint: Option<String>,
    pub region: String,
    pub access_key: String,
    pub secret_key: Secret,
}

#[derive(Clone)]
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: String,
    /// For messages.
    name: Arc<str>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.name)
    }
}

impl Bucket {
    pub fn new(settings: &BucketSettings) -> Result<Self, FilesError> {
        // The client panics without one; an error only says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let name: Arc<str> = format!("s3://{}/{}", settings.bucket, settings.prefix).into();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&settings.access_key)
            .with_secret_access_key(settings.secret_key.reveal())
            .with_retry(RetryConfig { retry_timeout: TRIED_FOR, ..RetryConfig::default() });
        if let Some(endpoint) = &settings.endpoint {
            // In a network of its own a store may speak plain HTTP; whoever writes http:// says so.
            builder =
                builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
        }
        let store = builder.build().map_err(|error| FilesError::Bucket {
            place: name.to_string(),
            reason: error.to_string(),
        })?;
        Ok(Self { store: Arc::new(store), prefix: settings.prefix.clone(), name })
    }

    fn path(&self, digest: &Digest256) -> Path {
        let (folder, name) = (&digest.as_str()[..2], digest.as_str());
        Path::from(format!("{}/{folder}/{name}", self.prefix))
    }

    fn failed(&self, path: &Path) -> impl Fn(object_store::Error) -> FilesError {
        let place = format!("{} {path}", self.name);
        move |error| FilesError::Bucket { place: place.clone(), reason: error.to_string() }
    }

    /// Of an object, if it is there.
    pub async fn bytes(&self, digest: &Digest256) -> Result<Option<u64>, FilesError> {
        let path = self.path(digest);
        match self.store.head(&path).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(&path)(error)),
        }
    }

    pub async fn put(&self, digest: &Digest256, mut file: File) -> Result<(), FilesError> {
        let path = self.path(digest);
        let store: Arc<dyn ObjectStore> = self.store.clone();
        let mut object = BufWriter::with_capacity(store, path.clone(), PART_BYTES);
        let copied = async {
            tokio::io::copy(&mut file, &mut object).await?;
            object.shutdown().await
        };
        if let Err(reason) = copied.await {
            // Parts that were sent cost room until they are told that no more follow.
            let _ = object.abort().await;
            let place = format!("{} {path}", self.name);
            return Err(FilesError::Bucket { place, reason: reason.to_string() });
        }
        Ok(())
    }

    pub async fn remove(&self, digest: &Digest256) -> Result<(), FilesError> {
        let path = self.path(digest);
        match self.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(&path)(error)),
        }
    }

    pub async fn read(&self, digest: &Digest256, from: u64) -> Result<Content, FilesError> {
        let path = self.path(digest);
        let range = (from > 0).then_some(GetRange::Offset(from));
        let asked = self.store.get_opts(&path, GetOptions { range, ..GetOptions::default() });
        let found = asked.await.map_err(self.failed(&path))?;
        Ok(Box::new(StreamReader::new(found.into_stream().map_err(io::Error::other))))
    }
}
