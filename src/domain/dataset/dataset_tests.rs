use super::*;
use proptest::prelude::*;
use uuid::Uuid;

const SIZE: PixelSize = PixelSize { width_px: 200, height_px: 100 };

fn case(number: u128) -> ReviewedCase {
    ReviewedCase {
        case_id: CaseId(Uuid::from_u128(number)),
        review: Review::Confirmed,
        at: WallTime::from_unix_millis(number as i64),
        node: "edge-1".parse().unwrap(),
        camera: "gate".parse().unwrap(),
        cell: "N50F0535166000".parse().ok(),
        model: ModelRef { id: "m".to_owned(), sha256: "0".repeat(64) },
        subject: Some(subject("bin", vec![[0.25, 0.5, 0.5, 1.0]])),
        picture: Some(picture(&format!("{number:064x}"))),
    }
}

fn subject(class: &str, boxes_fraction: Vec<[f32; 4]>) -> SubjectData {
    SubjectData { class: class.parse().unwrap(), boxes_fraction }
}

fn picture(sha256: &str) -> Picture {
    let captured_at = WallTime::from_unix_millis(0);
    Picture { sha256: sha256.to_owned(), size: SIZE, captured_at, held: Held::WholeAndMasked }
}

fn rejected(reason: &str, number: u128) -> ReviewedCase {
    ReviewedCase { review: Review::Rejected { reason: reason.to_owned() }, ..case(number) }
}

/// One case that goes nowhere, and the reason told.
fn left_out(spoil: impl FnOnce(&mut ReviewedCase)) -> String {
    let mut spoiled = case(1);
    spoil(&mut spoiled);
    let chosen = choose(vec![spoiled], 200);
    assert!(chosen.pictures.is_empty());
    chosen.left_out.into_keys().next().unwrap()
}

#[test]
fn what_was_confirmed_is_labelled_and_what_was_not_there_is_a_negative() {
    let group = ReviewedCase {
        subject: Some(subject("person", vec![[0.0, 0.0, 0.1, 0.5], [0.1, 0.0, 0.2, 0.5]])),
        ..case(3)
    };
    let chosen = choose(vec![group, rejected("wrong_object", 2), case(1)], 0);
    let [bin, nothing, crowd] = &chosen.pictures[..] else { panic!("{chosen:?}") };
    assert_eq!(bin.labels[0].bbox, PixelBox::new(50.0, 50.0, 100.0, 100.0));
    assert!(nothing.labels.is_empty() && nothing.absent.contains(&"bin".parse().unwrap()));
    assert_eq!(crowd.labels.len(), 2, "each of a group");
    assert_eq!((chosen.cases, chosen.left_out.len()), (3, 0));
}

#[test]
fn what_teaches_nothing_is_left_out_with_its_reason() {
    let reasons = [
        ("rejected_duplicate", left_out(|c| c.review = rejected("duplicate", 1).review)),
        ("rejected_licensed", left_out(|c| c.review = rejected("licensed", 1).review)),
        ("not_reviewed", left_out(|c| c.review = Review::Open)),
        ("no_picture", left_out(|c| c.picture = None)),
        ("picture_unmasked", left_out(|c| c.picture.as_mut().unwrap().held = Held::Unmasked)),
        ("picture_not_held", left_out(|c| c.picture.as_mut().unwrap().held = Held::Missing)),
        ("no_box", left_out(|c| c.subject = None)),
        ("no_box", left_out(|c| c.subject = Some(subject("bin", Vec::new())))),
        (
            "no_class",
            left_out(|c| c.subject = Some(subject("static_object", vec![[0.1, 0.1, 0.5, 0.5]]))),
        ),
        (
            "box_too_small",
            left_out(|c| c.subject = Some(subject("bin", vec![[1.1, 0.0, 1.9, 1.0]]))),
        ),
        ("box_too_small", left_out(|c| c.subject = Some(subject("bin", vec![[f32::NAN; 4]])))),
    ];
    for (expected, told) in reasons {
        assert_eq!(expected, told);
    }
}

#[test]
fn of_several_cases_in_one_picture_the_careful_answer_wins() {
    let shared = |case: ReviewedCase| ReviewedCase { picture: Some(picture("aa")), ..case };
    let two = choose(vec![shared(case(1)), shared(rejected("wrong_object", 2))], 0);
    assert_eq!((two.pictures.len(), two.left_out["other_case_in_picture"]), (1, 1));
    assert!(two.pictures[0].absent.is_empty());
    let open = ReviewedCase { review: Review::Open, ..case(1) };
    let two = choose(vec![shared(open), shared(rejected("rain_snow_fog", 2))], 0);
    assert!(two.pictures.is_empty(), "what is not decided yet may be there");
    let two = choose(vec![shared(case(1)), shared(rejected("privacy", 2))], 0);
    assert!(two.pictures.is_empty(), "a private picture goes out for no case");
    let labels = choose(vec![shared(case(1)), shared(case(2))], 0).pictures[0].labels.clone();
    assert_eq!(labels.len(), 1, "one thing of two patterns is one thing");
}

#[test]
fn a_case_between_two_sides_is_on_neither() {
    let sides = |camera: &str, cell: &str| {
        let on =
            ReviewedCase { camera: camera.parse().unwrap(), cell: cell.parse().ok(), ..case(1) };
        choose(vec![on], 500).pictures[0].side
    };
    let cells: Vec<String> = (0..16).map(|digit| format!("N50F053516{digit:X}000")).collect();
    let cells: Vec<&str> =
        cells.iter().map(String::as_str).filter(|c| c.parse::<GridCell>().is_ok()).collect();
    let train = cells.iter().find(|cell| sides("a", cell) == Side::Train).unwrap();
    let val = cells.iter().find(|cell| sides("b", cell) == Side::Val).unwrap();
    let at = |number, camera: &str, cell: &str| ReviewedCase {
        camera: camera.parse().unwrap(),
        cell: cell.parse().ok(),
        ..case(number)
    };
    let chosen = choose(vec![at(1, "a", train), at(2, "b", val), at(3, "a", val)], 500);
    assert_eq!((chosen.pictures.len(), chosen.left_out["between_places"]), (2, 1));
}

#[test]
fn a_damaged_picture_takes_its_cases_with_it() {
    let mut chosen = choose(vec![case(1), case(2)], 0);
    chosen.leave_out(&format!("{:064x}", 1), "picture_damaged");
    assert_eq!((chosen.pictures.len(), chosen.left_out["picture_damaged"]), (1, 1));
}

#[test]
fn yolo_counts_from_the_middle_in_fractions() {
    let chosen = choose(vec![case(1), rejected("wrong_object", 2)], 0);
    let names = categories(&chosen);
    assert_eq!(yolo_label(&chosen.pictures[0], &names), "11 0.375000 0.750000 0.250000 0.500000\n");
    assert_eq!(yolo_label(&chosen.pictures[1], &names), "");
    assert!(yolo_yaml(&names).ends_with("  14: stall\n"));
}

#[test]
fn a_class_of_its_own_comes_behind_the_fixed_ones() {
    let own =
        ReviewedCase { subject: Some(subject("banner", vec![[0.0, 0.0, 0.5, 0.5]])), ..case(1) };
    let names = categories(&choose(vec![own], 0));
    assert_eq!((names[0].as_str(), names[15].as_str(), names.len()), ("person", "banner", 16));
}

#[test]
fn the_coco_file_is_one_that_the_reader_takes() {
    let chosen = choose(vec![case(1), rejected("wrong_object", 2)], 0);
    let names = categories(&chosen);
    let file =
        coco_file(&chosen, Side::Train, &names, |p| format!("{}.jpg", p.picture.sha256), |_| None);
    assert_eq!(file.faults(), Vec::<String>::new());
    let labelled = file.labelled();
    assert_eq!((labelled[0].truths.len(), labelled[1].truths.len()), (1, 0));
    assert_eq!(labelled[0].complete.as_ref().map(BTreeSet::len), Some(0), "there may be more bins");
    assert!(labelled[1].complete.as_ref().unwrap().contains(&"bin".parse().unwrap()));
}

proptest! {
    #[test]
    fn each_case_is_counted_once_and_no_camera_is_on_both_sides(
        given in prop::collection::vec((0u8..5, 0u8..6, 0u8..12, any::<bool>()), 0..40)
    ) {
        let cases: Vec<ReviewedCase> = given.iter().enumerate().map(|(number, (review, camera, shared, held))| {
            let mut one = case(number as u128 + 1);
            one.review = match review {
                0 => Review::Open,
                1 => rejected("wrong_object", 1).review,
                2 => rejected("duplicate", 1).review,
                _ => Review::Confirmed,
            };
            one.camera = format!("c{camera}").parse().unwrap();
            one.cell = None;
            // A picture belongs to one camera.
            one.picture = Some(picture(&format!("{camera:02x}{shared:02x}")));
            one.picture.as_mut().unwrap().held = if *held { Held::WholeAndMasked } else { Held::Missing };
            one
        }).collect();
        let count = cases.len() as u64;
        let chosen = choose(cases, 500);
        let used: u64 = chosen.pictures.iter().map(|entry| entry.cases.len() as u64).sum();
        prop_assert_eq!(used + chosen.left_out.values().sum::<u64>(), count);
        for camera in 0..6 {
            let name = format!("c{camera}");
            let sides: BTreeSet<Side> =
                chosen.pictures.iter().filter(|p| p.camera.as_str() == name).map(|p| p.side).collect();
            prop_assert!(sides.len() <= 1);
        }
    }
}
