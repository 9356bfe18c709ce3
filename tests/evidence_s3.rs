//! Evidence in a bucket, against the S3 store whose address stands in `GRIDWARDEN_TEST_S3`
//! (`http://host:port`, any key, bucket `evidence`); says so where there is none.
#![cfg(feature = "hub")]

use gridwarden::{
    base::secret::Secret,
    drivers::evidence::{
        bucket::BucketSettings,
        files::{Digest256, EvidenceFiles, FilesError, Held},
    },
};
use std::path::Path;
use tokio::io::AsyncReadExt;

fn settings(endpoint: &str) -> BucketSettings {
    BucketSettings {
        bucket: "evidence".to_owned(),
        prefix: "440310/hub".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        region: "us-east-1".to_owned(),
        access_key: "gridwarden".to_owned(),
        secret_key: Secret::new("secret"),
    }
}

async fn sent(files: &EvidenceFiles, bytes: &[u8]) -> Digest256 {
    let (digest, half) = (Digest256::of(bytes), bytes.len() / 2);
    let length = bytes.len() as u64;
    files.append(&digest, 0, length, &bytes[..half]).await.unwrap();
    let held = files.held(&digest).await.unwrap();
    assert_eq!(held, Some(Held { bytes: half as u64, complete: false }), "a part is no object");
    files.append(&digest, half as u64, length, &bytes[half..]).await.unwrap();
    files.finish(&digest).await.unwrap();
    digest
}

async fn read(files: &EvidenceFiles, digest: &Digest256, from: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    files.read(digest, from).await.unwrap().read_to_end(&mut bytes).await.unwrap();
    bytes
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn a_whole_file_leaves_for_the_bucket_and_is_read_from_any_byte() {
    let Ok(endpoint) = std::env::var("GRIDWARDEN_TEST_S3") else {
        eprintln!("skipped: GRIDWARDEN_TEST_S3 names no S3 store");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let files = EvidenceFiles::open(dir.path(), Some(&settings(&endpoint))).await.unwrap();
    // The second goes in parts.
    let long: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|at| (at % 251) as u8).collect();
    for bytes in [b"street".to_vec(), long] {
        let digest = sent(&files, &bytes).await;
        let held = files.held(&digest).await.unwrap();
        assert_eq!(held, Some(Held { bytes: bytes.len() as u64, complete: true }));
        assert!(is_empty(&dir.path().join("parts")) && is_empty(&dir.path().join("whole")));
        assert_eq!(read(&files, &digest, 0).await, bytes);
        assert_eq!(read(&files, &digest, 3).await, bytes[3..]);
    }
    let other = Digest256::of(b"never sent");
    assert_eq!(files.held(&other).await.unwrap(), None);
    assert!(files.read(&other, 0).await.is_err());
}

#[tokio::test]
async fn a_file_stays_where_it_is_while_the_bucket_is_away() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens there.
    let away = settings("http://127.0.0.1:9");
    let files = EvidenceFiles::open(dir.path(), Some(&away)).await.unwrap();
    let error = files.held(&Digest256::of(b"street")).await.unwrap_err();
    assert!(matches!(error, FilesError::Bucket { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("s3://evidence/440310/hub") && !said.contains("secret"), "{said}");
}
