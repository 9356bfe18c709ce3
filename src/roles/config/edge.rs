//! `edge.toml`: one edge box.

use super::{
    beside,
    footage::{FootageSettings, footage},
    load,
    masks::{FaceModel, masks},
    mqtt::{MqttSettings, settings},
    pattern::Catalogue,
    pipeline::{Pipeline, load_pipeline},
};
use crate::{
    base::{
        secret::SecretSource,
        toml_reader::{Faults, Table},
    },
    domain::wire::NodeAddress,
};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct EdgeConfig {
    pub address: NodeAddress,
    pub mqtt: MqttSettings,
    pub data_dir: PathBuf,
    pub footage: FootageSettings,
    /// Base address of the hub's HTTP interface, for evidence.
    pub evidence_url: String,
    /// The hub's token for its nodes; a file of it need not be there yet.
    pub node_token: Option<SecretSource>,
    /// PEM file of the authorities that the hub's certificate may come from; without it the system's.
    pub evidence_ca: Option<PathBuf>,
    /// PEM files of this node's certificate and its key.
    pub evidence_identity: Option<(PathBuf, PathBuf)>,
    pub providers: Vec<String>,
    /// CPU inference threads; 0 means as many as cores.
    pub detector_threads: u16,
    pub pipelines: Vec<Pipeline>,
    pub faces: Option<FaceModel>,
}

/// The file itself, its pipelines and what they name.
pub fn load_edge(path: &Path, catalogue: &Catalogue) -> Result<EdgeConfig, Faults> {
    let mut nested: Vec<Faults> = Vec::new();
    let built = load(path, |table| edge(table, path, catalogue, &mut nested));
    let mut faults = built.as_ref().err().cloned();
    for found in nested {
        match &mut faults {
            Some(all) => all.extend(found),
            None => faults = Some(found),
        }
    }
    faults.map_or(built, Err)
}

fn edge(
    mut root: Table<'_>,
    path: &Path,
    catalogue: &Catalogue,
    nested: &mut Vec<Faults>,
) -> Option<EdgeConfig> {
    let address = root.required_table("node").and_then(|mut table| {
        let node = table.value::<String>("id").parsed().required();
        let district = table.value::<String>("district").parsed().required();
        Some(NodeAddress { district: district?, node: node? })
    });
    let mqtt = root.required_table("mqtt").and_then(|table| settings(table, path));
    let data = root.required_table("data").and_then(|mut table| {
        let dir = table.value::<String>("dir").not_empty().required();
        table.renamed("footage_bytes_max", "bytes_max in a table [footage]");
        Some(beside(path, &dir?))
    });
    let footage = root.table("footage").map(footage).unwrap_or_default();
    let evidence = root.required_table("evidence").and_then(|mut table| {
        let url = table
            .value::<String>("url")
            .check("http://host:port or https://host:port of the hub", |url| {
                let sound = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
                if sound { Ok(url.trim_end_matches('/').to_owned()) } else { Err(String::new()) }
            })
            .required();
        let token = table.value::<String>("token_file").not_empty().optional();
        let mut named = |key: &str| {
            table.value::<String>(key).not_empty().optional().map(|written| beside(path, &written))
        };
        let (ca, cert, key) = (named("ca"), named("cert"), named("key"));
        if cert.is_some() != key.is_some() {
            table.fault("cert", "cert and key go together");
        }
        let token = token.map(|written| SecretSource::File(beside(path, &written)));
        Some((url?, token, ca, cert.zip(key)))
    });
    let (providers, detector_threads) = match root.table("detector") {
        None => (vec!["cpu".to_owned()], 0),
        Some(mut table) => {
            let allowed = ["tensorrt", "cuda", "openvino", "cpu"];
            let providers = table
                .value::<Vec<String>>("providers")
                .check("names out of tensorrt, cuda, openvino, cpu, best first", |names| {
                    let sound = !names.is_empty()
                        && names.iter().all(|name| allowed.contains(&name.as_str()));
                    if sound { Ok(names) } else { Err(String::new()) }
                })
                .or(vec!["cpu".to_owned()]);
            (providers, table.value("threads").in_range(0..=256u16).or(0))
        }
    };
    let faces = root.table("masks").and_then(|table| masks(table, path));
    let written = root
        .value::<Vec<String>>("pipelines")
        .check("at least one pipeline file", |files| {
            if files.is_empty() { Err(String::new()) } else { Ok(files) }
        })
        .required();
    let mut pipelines: Vec<Pipeline> = Vec::new();
    for file in written.iter().flatten() {
        match load_pipeline(&beside(path, file), catalogue) {
            Ok(pipeline) if pipelines.iter().any(|other| other.camera == pipeline.camera) => {
                root.fault(
                    "pipelines",
                    format!(
                        "camera {} is in two pipelines; each camera may be in one",
                        pipeline.camera
                    ),
                );
            }
            Ok(pipeline) => pipelines.push(pipeline),
            Err(faults) => nested.push(faults),
        }
    }
    if let Some((first, other)) = two_models(&pipelines) {
        root.fault(
            "pipelines",
            format!(
                "one model for all cameras of a node, but {} names {} and {} names {}; run a second node for the other",
                first.camera, first.manifest.display(), other.camera, other.manifest.display()
            ),
        );
    }
    let (evidence_url, node_token, evidence_ca, evidence_identity) = evidence?;
    Some(EdgeConfig {
        address: address?,
        mqtt: mqtt?,
        data_dir: data?,
        footage,
        evidence_url,
        node_token,
        evidence_ca,
        evidence_identity,
        providers,
        detector_threads,
        pipelines,
        faces,
    })
}

/// A node has one pool of detector sessions, and so one model: the first two cameras that disagree.
fn two_models(pipelines: &[Pipeline]) -> Option<(&Pipeline, &Pipeline)> {
    let real = |pipeline: &Pipeline| {
        // A manifest that is not there keeps its name; the start says that it is missing.
        std::fs::canonicalize(&pipeline.manifest).unwrap_or_else(|_| pipeline.manifest.clone())
    };
    let first = pipelines.first()?;
    pipelines.iter().find(|other| real(other) != real(first)).map(|other| (first, other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::config::{footage::warnings, pipeline::RecordingSettings};

    /// Two copies of the sample pipeline, and an `edge.toml` that names them.
    fn load(change: impl Fn(&str) -> String, data: &str) -> Result<EdgeConfig, Faults> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(root.join("pipelines/demo_street.toml")).unwrap();
        let text = text.replace("\"../", &format!("\"{}/", root.display()));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.toml"), &text).unwrap();
        let other = change(&text.replace("demo-street", "demo-other"));
        std::fs::write(folder.path().join("b.toml"), other).unwrap();
        let path = folder.path().join("edge.toml");
        let edge = format!(
            "pipelines = [\"a.toml\", \"b.toml\"]\n[node]\nid = \"edge-1\"\ndistrict = \"440310\"\n\
             [mqtt]\nurl = \"mqtt://127.0.0.1\"\n[data]\ndir = \"data\"\n{data}\n\
             [evidence]\nurl = \"http://127.0.0.1:8600\"\ntoken_file = \"not-made-yet\""
        );
        std::fs::write(&path, edge).unwrap();
        load_edge(&path, &Catalogue::built_in().unwrap())
    }

    #[test]
    fn a_token_file_may_be_missing() {
        let edge = load(str::to_owned, "").unwrap();
        assert!(
            matches!(&edge.node_token, Some(SecretSource::File(path)) if path.ends_with("not-made-yet"))
        );
        assert_eq!(edge.footage, FootageSettings::default());
    }

    #[test]
    fn limits_below_the_laws_minimum_are_told_with_their_arithmetic() {
        let told = |data: &str, disk| {
            let edge = load(str::to_owned, data).unwrap();
            let unlimited = edge.pipelines.into_iter().map(|mut pipeline| {
                pipeline.recording = pipeline.recording.map(|own| RecordingSettings {
                    keep: None,
                    bytes_max: None,
                    ..own
                });
                pipeline
            });
            warnings(&edge.footage, &unlimited.collect::<Vec<_>>(), disk)
        };
        // 4 Mbit/s are 43.2 GB a day: two cameras for 30 days are 2,592 GB.
        assert_eq!(told("[footage]\nbytes_max = 2_592_000_000_000", None), [""; 0]);
        let short = told("[footage]\nbytes_max = 2_591_000_000_000", None);
        assert!(
            short.len() == 1 && short[0].contains("30.0 days of 2 recorded cameras"),
            "{short:?}"
        );
        assert_eq!(told("", Some(2_594_000_000_000)), [""; 0]);
        let disk = told("", Some(2_593_000_000_000));
        assert!(disk.len() == 1 && disk[0].contains("the disk's room"), "{disk:?}");
        let days = told("[footage]\nkeep_days = 29", None);
        assert!(days.len() == 1 && days[0].contains("keep_days = 29"), "{days:?}");
        assert_eq!(told("[footage]\nkeep_days = 7\nkeep_days_min = 7", None), [""; 0]);
        let edge = load(str::to_owned, "").unwrap();
        let own = warnings(&edge.footage, &edge.pipelines, None).join("\n");
        assert!(
            own.contains("recording.keep_secs = 1800") && own.contains("bytes_max = 500000000"),
            "{own}"
        );
    }

    #[test]
    fn the_old_key_names_its_successor() {
        let faults = load(str::to_owned, "footage_bytes_max = 4_000_000").unwrap_err().to_string();
        assert!(
            faults.contains("data.footage_bytes_max") && faults.contains("[footage]"),
            "{faults}"
        );
        let faults = load(str::to_owned, "[footage]\nkeep_days = 0").unwrap_err().to_string();
        assert!(faults.contains("footage.keep_days = 0") && faults.contains("3650"), "{faults}");
    }

    #[test]
    fn two_models_on_one_node_are_refused_by_name() {
        let other = |text: &str| text.replace("street-nano.toml", "other.toml");
        let faults = load(other, "").unwrap_err().to_string();
        for part in ["pipelines", "demo-other", "other.toml", "second node"] {
            assert!(faults.contains(part), "{part:?} is missing in {faults}");
        }
    }
}
