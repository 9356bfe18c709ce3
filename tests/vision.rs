//! Detector and vision drivers with the real ONNX Runtime and the real OpenCV.
#![cfg(feature = "edge")]

use gridwarden::{
    base::{
        clock::SystemClock,
        time::{ClockQuality, MediaTime, WallTime},
    },
    domain::{
        detection::Detection,
        frame::{ColourMatrix, Frame, FrameStamp, Image, OwnedImage, Planes},
        pixel::{PixelBox, PixelSize},
        seams::{DetectError, TensorMaker},
        tiles::{TileShape, Tiling},
    },
    drivers::{
        detector::{
            LoadError,
            manifest::ModelManifest,
            onnx::{Found, OnnxDetector},
            pool::{DetectorPool, PoolOptions},
            provider::{Provider, ProviderOptions},
            session::NetworkFile,
        },
        vision::{still, tensor::PlaneTensorMaker},
    },
    roles::tools::{
        detect::{self, DetectArgs},
        exit_code,
    },
};
use serde::Deserialize;
use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, mpsc},
    time::Duration,
};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn tensor_maker() -> Box<dyn TensorMaker> {
    Box::new(PlaneTensorMaker::new())
}

fn cpu() -> ProviderOptions {
    ProviderOptions { order: vec![Provider::Cpu], ..ProviderOptions::default() }
}

fn detector(manifest: &Path) -> Result<OnnxDetector, LoadError> {
    let file = NetworkFile::open(ModelManifest::open(manifest)?)?;
    OnnxDetector::load(&file, &cpu(), tensor_maker())
}

/// A copy of a golden manifest with one text replaced, beside a copy of its network.
fn spoiled(name: &str, from: &str, to: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(golden(&format!("{name}.toml"))).unwrap();
    assert!(text.contains(from), "{from:?} is not in the manifest");
    fs::copy(golden(&format!("{name}.onnx")), folder.path().join(format!("{name}.onnx"))).unwrap();
    let manifest = folder.path().join("m.toml");
    fs::write(&manifest, text.replace(from, to)).unwrap();
    (folder, manifest)
}

#[derive(Deserialize)]
struct Golden {
    pictures: Vec<GoldenPicture>,
}

#[derive(Deserialize)]
struct GoldenPicture {
    name: String,
    quarters_bgr: [[u8; 3]; 4],
    detections: Vec<GoldenDetection>,
}

#[derive(Deserialize)]
struct GoldenDetection {
    class_name: String,
    score: f32,
    box_xyxy_px: [f32; 4],
}

fn golden_pictures(model: &str) -> Vec<GoldenPicture> {
    let text = fs::read_to_string(golden(&format!("{model}.expected.json"))).unwrap();
    serde_json::from_str::<Golden>(&text).unwrap().pictures
}

/// Four quarters of one colour each, as a PNG of `side_px`.
fn png(path: &Path, quarters_bgr: [[u8; 3]; 4], side_px: u32) {
    let quarter = |x: u32, y: u32| (2 * (2 * y / side_px) + 2 * x / side_px) as usize;
    let rgb = |x, y| {
        let [blue, green, red] = quarters_bgr[quarter(x, y)];
        image::Rgb([red, green, blue])
    };
    image::RgbImage::from_fn(side_px, side_px, rgb).save(path).unwrap();
}

#[test]
fn both_heads_give_the_known_answers_at_any_picture_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    for model in ["tiny_yolox", "tiny_yolov8"] {
        let mut detector = detector(&golden(&format!("{model}.toml"))).unwrap();
        for (picture, side_px) in
            golden_pictures(model).iter().flat_map(|p| [64, 256].map(|side_px| (p, side_px)))
        {
            png(&path, picture.quarters_bgr, side_px);
            let found = detector.detect_all(&still::load_image(&path).unwrap()).unwrap();
            let context = format!("{model} {} {side_px} px: {found:?}", picture.name);
            assert_eq!(found.detections.len(), picture.detections.len(), "{context}");
            // In any order: two of them may tie.
            for known in &picture.detections {
                let [x1, y1, x2, y2] = known.box_xyxy_px.map(|edge| edge * side_px as f32 / 64.0);
                let bbox = PixelBox::new(x1, y1, x2, y2);
                // Chroma blends where quarters meet.
                let there = found.detections.iter().any(|found| {
                    found.class.as_str() == known.class_name
                        && (found.score - known.score).abs() < 0.01
                        && found.bbox.iou(&bbox) > 0.999
                });
                assert!(there, "{} {bbox:?}: {context}", known.class_name);
            }
        }
    }
}

#[test]
fn a_batch_answers_each_frame_and_a_broken_frame_fails_alone() {
    let mut detector = detector(&golden("tiny_yolox.toml")).unwrap();
    assert_eq!(detector.batch_max(), 8);
    let frames = [
        frame(OwnedImage::uniform(SIZE, 60)),
        broken_frame(),
        frame(OwnedImage::uniform(SIZE, 180)),
    ];
    let [first, second, third] = detector.detect_batch(&frames).try_into().ok().unwrap();
    assert!(matches!(second, Err(DetectError::Frame { .. })), "{second:?}");
    assert_eq!(first.unwrap(), detector.detect_all(&frames[0]).unwrap());
    assert_eq!(third.unwrap(), detector.detect_all(&frames[2]).unwrap());
}

#[test]
fn masking_sees_what_events_do_not() {
    let (_folder, manifest) = spoiled("tiny_yolox", "score_min = 0.1", "score_min = 0.9");
    let mut detector = detector(&manifest).unwrap();
    let found = detector.detect_all(&frame(OwnedImage::uniform(SIZE, 128))).unwrap();
    assert!(found.detections.is_empty());
    assert_eq!(found.for_masking.len(), 3, "{found:?}");
}

#[test]
fn what_contradicts_the_network_is_named_with_its_line() {
    for (from, to, line, said) in [
        ("width_px = 64", "width_px = 96", 7, "input.width_px = 96: the network's input has 64"),
        ("height_px = 64", "height_px = 32", 8, "input.height_px = 32: the network's input has 64"),
        ("sha256 = \"d", "sha256 = \"0", 4, "the file's digest is \"d3189d"),
        ("tiny_yolox.onnx\"", "absent.onnx\"", 3, "absent.onnx\": cannot be read: "),
        (
            "[[class]]\nname = \"bin\"\nscore_min = 0.1",
            "",
            18,
            "class = 1 classes: the network has 2 classes",
        ),
        (
            "\"yolox\"",
            "\"yolov8\"",
            16,
            "head.kind = \"yolov8\": the network's output has 84 x 7 values",
        ),
    ] {
        let (_folder, manifest) = spoiled("tiny_yolox", from, to);
        let error = detector(&manifest).map(|_| ()).unwrap_err().to_string();
        let place = format!("m.toml:{line}: ");
        assert!(error.contains(&place) && error.contains(said), "{from:?}: {error}");
    }
}

#[test]
fn a_file_that_is_no_network_is_refused() {
    use sha2::{Digest, Sha256};
    let digest: String = Sha256::digest(b"no network").iter().map(|b| format!("{b:02x}")).collect();
    let sound = "d3189d1081c4f16198caaec42a2f0502061fbd40c3fcc5462cdad1b96beba5da";
    let (folder, manifest) = spoiled("tiny_yolox", sound, &digest);
    fs::write(folder.path().join("tiny_yolox.onnx"), "no network").unwrap();
    let error = detector(&manifest).map(|_| ()).unwrap_err();
    assert!(matches!(error, LoadError::Network { .. }), "{error}");
    assert!(error.to_string().contains("tiny_yolox.onnx: "), "{error}");
}

#[test]
fn providers_that_are_not_there_leave_a_reason_each() {
    let file = NetworkFile::open(ModelManifest::open(&golden("tiny_yolox.toml")).unwrap()).unwrap();
    let detector = OnnxDetector::load(&file, &ProviderOptions::default(), tensor_maker()).unwrap();
    let report = detector.report();
    // On a machine with a GPU an earlier provider may serve; the order is kept in any case.
    let tried: Vec<_> = report.fallbacks.iter().map(|fallback| fallback.provider).collect();
    assert_eq!(tried, Provider::ALL[..tried.len()]);
    assert_eq!(report.used, Provider::ALL[tried.len()]);
    assert!(report.fallbacks.iter().all(|fallback| !fallback.reason.is_empty()), "{report:?}");

    let none = ProviderOptions { order: vec![], ..ProviderOptions::default() };
    let error = OnnxDetector::load(&file, &none, tensor_maker()).map(|_| ()).unwrap_err();
    assert!(matches!(error, LoadError::NoProvider { .. }), "{error}");
}

/// Set for the process that the test below starts.
const CHILD: &str = "GRIDWARDEN_TEST_CHILD";

/// Run in a process of its own by the test below: ONNX Runtime is loaded once a process.
#[test]
fn load_in_a_child_process() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    match detector(&golden("tiny_yolox.toml")) {
        Ok(_) => println!("loaded"),
        Err(error) => println!("refused: {error}"),
    }
}

#[test]
fn a_missing_or_wrong_library_names_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("libonnxruntime.so");
    fs::write(&wrong, "no library").unwrap();
    for library in [folder.path().join("absent.so"), wrong] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "load_in_a_child_process", "--nocapture"])
            .env(CHILD, "1")
            .env("ORT_DYLIB_PATH", &library)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(said.contains("refused: libonnxruntime.so cannot be used: "), "{said}");
        assert!(said.contains(library.to_str().unwrap()) && said.contains("make demo"), "{said}");
    }
}

const SIZE: PixelSize = PixelSize { width_px: 64, height_px: 64 };

fn frame(image: impl Image + 'static) -> Frame {
    let stamp = FrameStamp {
        pts: MediaTime::ZERO,
        captured_at: WallTime::from_unix_millis(0),
        clock: ClockQuality::Arrival,
        size: SIZE,
    };
    Frame { stamp, image: Arc::new(image) }
}

/// A decoder's buffer that is shorter than its size says.
struct Short(OwnedImage);

impl Image for Short {
    fn planes(&self) -> Planes<'_> {
        let planes = self.0.planes();
        Planes { y: &planes.y[..100], ..planes }
    }
}

fn broken_frame() -> Frame {
    frame(Short(OwnedImage::uniform(SIZE, 0)))
}

fn pool(workers: usize) -> DetectorPool {
    let file = NetworkFile::open(ModelManifest::open(&golden("tiny_yolox.toml")).unwrap()).unwrap();
    let workers = NonZeroUsize::new(workers);
    let options = PoolOptions { providers: cpu(), workers, ..PoolOptions::default() };
    DetectorPool::start(&file, &options, tensor_maker, Arc::new(SystemClock::new())).unwrap()
}

const LONG: Duration = Duration::from_secs(60);

/// Dark on the left, bright on the right; the tiny network answers to brightness.
fn half_bright() -> Frame {
    let size = PixelSize { width_px: 128, height_px: 64 };
    let luma = (0..128 * 64).map(|i| if i % 128 < 64 { 16 } else { 235 }).collect();
    let planes = [luma, vec![128; 64 * 32], vec![128; 64 * 32]];
    let frame = frame(OwnedImage::new(size, planes, ColourMatrix::Bt709, false).unwrap());
    Frame { stamp: FrameStamp { size, ..frame.stamp }, ..frame }
}

fn two_tiles() -> Tiling {
    let (size, tile) = (half_bright().stamp.size, PixelSize { width_px: 64, height_px: 64 });
    Tiling::over(size, [(PixelBox::whole(size), TileShape { size: tile, overlap: 0.0 })])
}

#[test]
fn a_tile_shows_what_the_whole_frame_does_not_and_where_it_is() {
    let mut detector = detector(&golden("tiny_yolox.toml")).unwrap();
    let frame = half_bright();
    let in_tile = PixelBox::new(64.0 + 8.0, 8.0, 64.0 + 24.0, 24.0);
    let shows = |found: &Found| {
        let sure = |one: &&Detection| one.score > 0.99 && one.class.as_str() == "person";
        found.detections.iter().filter(sure).any(|one| one.bbox.iou(&in_tile) > 0.999)
    };
    let whole = detector.detect_all(&frame).unwrap();
    let none = detector.detect_tiled(&[(frame.clone(), &Tiling::none())]).pop().unwrap().unwrap();
    assert_eq!(whole, none);
    let tiling = two_tiles();
    let both = detector.detect_tiled(&[(frame.clone(), &tiling), (frame, &Tiling::none())]);
    let [tiled, plain] = <[_; 2]>::try_from(both).ok().unwrap().map(Result::unwrap);
    assert!(shows(&tiled) && !shows(&plain), "{tiled:?}");
    assert_eq!(plain, whole);
    assert!(tiled.detections.iter().all(|found| tiled.for_masking.contains(found)));
}

#[test]
fn a_pool_counts_what_a_tiled_camera_costs() {
    let pool = pool(1);
    let (results, done) = mpsc::sync_channel(10);
    let slot = pool.attach_tiled(two_tiles(), move |analysed| {
        results.send((analysed.inferences, analysed.result.unwrap().detections.len())).unwrap();
    });
    slot.submit(half_bright());
    let (inferences, found) = done.recv_timeout(LONG).unwrap();
    assert!(inferences == 3 && found >= 3, "{inferences} inferences, {found} found");
}

#[test]
fn the_pool_answers_every_camera_in_order_and_outlives_a_failed_frame() {
    let mut pool = pool(2);
    let (results, done) = mpsc::sync_channel(1000);
    let cameras: Vec<_> = (0..3)
        .map(|camera| {
            let results = results.clone();
            pool.attach(move |analysed| {
                results.try_send((camera, analysed.frame.stamp.pts, analysed.result)).unwrap();
            })
        })
        .collect();
    let mut last = [None; 3];
    for round in 0..30u64 {
        for slot in &cameras {
            let image =
                if round == 7 { broken_frame() } else { frame(OwnedImage::uniform(SIZE, 128)) };
            let stamp = FrameStamp { pts: MediaTime::from_nanos(round), ..image.stamp };
            slot.submit(Frame { stamp, ..image });
        }
        for _ in &cameras {
            let (camera, pts, result) = done.recv_timeout(LONG).expect("an answer");
            assert_eq!(result.is_err(), round == 7, "{result:?}");
            assert!(last[camera] < Some(pts), "camera {camera} went back");
            last[camera] = Some(pts);
        }
    }
    assert_eq!(last, [Some(MediaTime::from_nanos(29)); 3]);
    pool.close();
    cameras[0].submit(frame(OwnedImage::uniform(SIZE, 0)));
    assert_eq!(cameras[0].dropped(), 1);
    assert!(done.try_recv().is_err(), "a closed pool delivers nothing");
}

#[test]
fn the_newest_frame_wins_while_the_network_is_busy() {
    let pool = pool(1);
    let (entered, has_entered) = mpsc::sync_channel(10);
    let (go, may_go) = mpsc::sync_channel::<()>(10);
    let may_go = std::sync::Mutex::new(may_go);
    let slot = pool.attach(move |analysed| {
        entered.send(analysed.frame.stamp.pts.as_nanos()).unwrap();
        may_go.lock().unwrap().recv().unwrap();
    });
    let submit = |nanos| {
        let frame = frame(OwnedImage::uniform(SIZE, 0));
        let stamp = FrameStamp { pts: MediaTime::from_nanos(nanos), ..frame.stamp };
        slot.submit(Frame { stamp, ..frame });
    };
    submit(1);
    assert_eq!(has_entered.recv_timeout(LONG), Ok(1));
    // The only worker stands in the first frame's delivery.
    (2..=5).for_each(submit);
    go.send(()).unwrap();
    assert_eq!(has_entered.recv_timeout(LONG), Ok(5));
    assert_eq!(slot.dropped(), 3);
    go.send(()).unwrap();
}

#[test]
fn stills_that_are_no_pictures_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.jpg");
    let said = |path: &Path| still::load_image(path).map(|_| ()).unwrap_err().to_string();
    assert!(said(&path).contains("p.jpg: cannot be read: "));
    for content in [&b""[..], b"text", b"\xff\xd8\xff\xe0 damaged"] {
        fs::write(&path, content).unwrap();
        assert!(said(&path).contains("p.jpg: is no picture"), "{}", said(&path));
    }
}

#[derive(Deserialize)]
struct CocoResult {
    file_name: String,
    category_name: String,
    bbox: [f64; 4],
    score: f64,
}

#[test]
fn detect_writes_coco_results_and_names_the_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad, out) =
        (folder.path().join("a.png"), folder.path().join("b.png"), folder.path().join("out.json"));
    png(&good, golden_pictures("tiny_yolox")[2].quarters_bgr, 128);
    fs::write(&bad, "no picture").unwrap();
    let args = |images: Vec<PathBuf>, score_min| DetectArgs {
        model: golden("tiny_yolox.toml"),
        images,
        out: out.clone(),
        providers: vec![Provider::Cpu],
        score_min,
        tile: None,
        tile_overlap: 0.2,
        json: true,
    };
    let code = |args| format!("{:?}", exit_code(detect::run(&args)));
    let is = |code: u8| format!("{:?}", std::process::ExitCode::from(code));
    let read = || -> Vec<CocoResult> { serde_json::from_slice(&fs::read(&out).unwrap()).unwrap() };

    assert_eq!(code(args(vec![good.clone()], None)), is(0));
    let results = read();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0].file_name, good.to_str().unwrap());
    assert_eq!(results[0].category_name, "bin");
    assert!((results[0].score - 0.902).abs() < 0.01, "{}", results[0].score);
    for (found, expected) in results[0].bbox.iter().zip([72.0, 8.0, 48.0, 64.0]) {
        assert!((found - expected).abs() < 0.1, "{:?}", results[0].bbox);
    }

    assert_eq!(code(args(vec![bad, good.clone()], Some(0.5))), is(2));
    assert_eq!(read().len(), 2, "the readable picture has its results, from 0.5 on");

    let mut faulty = args(vec![good], None);
    faulty.model = folder.path().join("absent.toml");
    assert_eq!(code(faulty), is(2));
}

#[derive(Deserialize)]
struct Coco {
    images: Vec<CocoImage>,
    annotations: Vec<CocoAnnotation>,
}

#[derive(Deserialize)]
struct CocoImage {
    id: u64,
    file_name: String,
}

#[derive(Deserialize)]
struct CocoAnnotation {
    image_id: u64,
    bbox: [f32; 4],
}

/// A trained network on labelled photographs: most labelled bins are found where they are.
#[test]
fn a_trained_network_finds_labelled_bins() {
    use sha2::{Digest, Sha256};
    const NAMES: &str = "bin bin_overflowing garbage_pile person bicycle car motorcycle bus truck \
                         dog umbrella chair bench dining_table suitcase";
    let shared = std::env::var_os("GRIDWARDEN_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let network = shared.join("weights/street_v0_joint_416.onnx");
    let Ok(bytes) = fs::read(&network) else {
        println!("skipped: {} is absent", network.display());
        return;
    };
    let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    let classes: String = (NAMES.split_whitespace())
        .map(|name| format!("[[class]]\nname = \"{name}\"\nscore_min = 0.3\n"))
        .collect();
    let text = format!(
        "id = \"v0\"\nfile = {:?}\nsha256 = \"{digest}\"\nlicence = \"own\"\n[input]\n\
         width_px = 416\nheight_px = 416\nlayout = \"nchw\"\nchannel_order = \"bgr\"\n\
         [head]\nkind = \"yolox\"\ndecoded = true\n{classes}",
        network.display().to_string()
    );
    let manifest = ModelManifest::parse("v0.toml", Path::new(""), &text).unwrap();
    let file = NetworkFile::open(manifest).unwrap();
    let mut detector = OnnxDetector::load(&file, &cpu(), tensor_maker()).unwrap();

    let labels = fs::read(shared.join("data/coco_bins_val.json")).unwrap();
    let labels: Coco = serde_json::from_slice(&labels).unwrap();
    let (mut labelled, mut hit) = (0, 0);
    for image in labels.images.iter().take(24) {
        let frame = still::load_image(&shared.join("data").join(&image.file_name)).unwrap();
        let found = detector.detect_all(&frame).unwrap().detections;
        for label in labels.annotations.iter().filter(|label| label.image_id == image.id) {
            let [x, y, width, height] = label.bbox;
            let label = PixelBox::new(x, y, x + width, y + height);
            labelled += 1;
            hit += usize::from(found.iter().any(|found| found.bbox.iou(&label) > 0.5));
        }
    }
    println!("{hit} of {labelled} labelled boxes found");
    assert!(labelled > 20 && hit * 10 >= labelled * 8, "{hit} of {labelled}");
}
