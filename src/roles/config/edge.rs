//! `edge.toml`: one edge box.

use super::{
    beside, load,
    mqtt::{MqttSettings, secret_file, settings},
    pattern::Catalogue,
    pipeline::{Pipeline, load_pipeline},
};
use crate::{
    base::{
        secret::Secret,
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
    /// Base address of the hub's HTTP interface, for evidence.
    pub evidence_url: String,
    pub node_token: Option<Secret>,
    pub providers: Vec<String>,
    /// CPU inference threads; 0 means as many as cores.
    pub detector_threads: u16,
    pub pipelines: Vec<Pipeline>,
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
    let data_dir = root.required_table("data").and_then(|mut table| {
        let dir = table.value::<String>("dir").not_empty().required();
        Some(beside(path, &dir?))
    });
    let evidence = root.required_table("evidence").and_then(|mut table| {
        let url = table
            .value::<String>("url")
            .check("http://host:port or https://host:port of the hub", |url| {
                let sound = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
                if sound { Ok(url.trim_end_matches('/').to_owned()) } else { Err(String::new()) }
            })
            .required();
        let token = secret_file(&mut table, "token_file", path);
        Some((url?, token))
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
    let (evidence_url, node_token) = evidence?;
    Some(EdgeConfig {
        address: address?,
        mqtt: mqtt?,
        data_dir: data_dir?,
        evidence_url,
        node_token,
        providers,
        detector_threads,
        pipelines,
    })
}
