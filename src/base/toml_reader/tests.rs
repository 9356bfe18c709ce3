use super::*;

#[derive(Debug, PartialEq)]
struct Shelf {
    name: String,
    depth: f64,
    colour: u8,
    spans: Vec<[f64; 2]>,
    books: Vec<(String, u32)>,
}

fn shelf(mut root: Table<'_>) -> Option<Shelf> {
    root.renamed("title", "name");
    let name = root.value::<String>("name").not_empty().required();
    let depth = root.value("depth").in_range(0.1..=60.0).or(5.0);
    let colour = root.value::<String>("colour").one_of(&[("red", 1), ("green", 2)]).required();
    let spans = root.value("spans").or(vec![]);
    let books: Vec<_> = (root.tables("book").into_iter())
        .map(|mut book| {
            let title = book.value::<String>("title").required();
            let pages = book.value("pages").in_range(1..=9_999).required();
            Some((title?, pages?))
        })
        .collect();
    Some(Shelf {
        name: name?,
        depth,
        colour: colour?,
        spans,
        books: books.into_iter().collect::<Option<_>>()?,
    })
}

fn faults(text: &str) -> Vec<String> {
    let faults = read("shelf.toml", text, shelf).expect_err("must be refused");
    faults.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn a_sound_file_is_read_in_both_notations() {
    let long = "name = 'a'\ndepth = 7\ncolour = 'red'\nspans = [[1, 2.5]]\n[[book]]\ntitle = 't'\npages = 3\n";
    let short = "name='a'\ndepth=7.0\ncolour='red'\nspans=[[1,2.5]]\nbook=[{title='t', pages=3}]";
    let expected = Shelf {
        name: "a".into(),
        depth: 7.0,
        colour: 1,
        spans: vec![[1.0, 2.5]],
        books: vec![("t".into(), 3)],
    };
    for text in [long, short] {
        assert_eq!(read("shelf.toml", text, shelf).as_ref(), Ok(&expected));
    }
}

#[test]
fn every_fault_is_reported_at_once_in_file_order() {
    let text = "\
name = 3
title = 'x'
depth = 90.5
colour = \"blue\"
spans = [[1, 2], [3]]
dephts = 1

[[book]]
title = 't'
[[book]]
title = 't'
pages = 0
";
    assert_eq!(
        faults(text),
        [
            "shelf.toml:1: name = 3: expected: a text",
            "shelf.toml:2: title = 'x': this key was renamed; write `name`",
            "shelf.toml:3: depth = 90.5: expected: 0.1 to 60",
            "shelf.toml:4: colour = \"blue\": expected: one of \"red\", \"green\"",
            "shelf.toml:5: spans[1] = [[1, 2], [3]]: expected: a list, each entry a list of exactly 2, each entry a finite number",
            "shelf.toml:6: dephts = 1: unknown key; did you mean `depth`?",
            "shelf.toml:8: book[0].pages is missing: required, 1 to 9999",
            "shelf.toml:12: book[1].pages = 0: expected: 1 to 9999",
        ]
    );
}

#[test]
fn broken_toml_names_its_line() {
    let found = faults("name = 'a'\ncolour = \n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("shelf.toml:2: "), "{found:?}");
}

#[test]
fn infinity_and_wrong_shapes_are_refused() {
    let found = faults("name = 'a'\ncolour = 'red'\ndepth = inf\nbook = 3");
    assert_eq!(
        found,
        [
            "shelf.toml:3: depth = inf: expected: a finite number",
            "shelf.toml:4: book = 3: a list of tables [[...]] is expected",
        ]
    );
}

#[test]
fn a_long_value_is_shortened() {
    let found = faults(&format!("colour = 'red'\nname = 'a'\ndepth = '{}'", "街".repeat(500)));
    assert!(found[0].chars().count() < 160, "{found:?}");
}

#[test]
fn unknown_subtables_are_refused_as_a_whole() {
    let found = faults("name = 'a'\ncolour = 'red'\n[extra]\nx = 1\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("shelf.toml:3: extra = "), "{found:?}");
}
