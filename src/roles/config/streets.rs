//! `[[street]]` of `hub.toml`: the district's streets (街道) as cells of the grid.

use crate::{base::toml_reader::Table, domain::people::Area, roles::hub::Street};

const NAME_CHARS_MAX: usize = 40;

pub fn streets(root: &mut Table<'_>) -> Option<Vec<Street>> {
    let mut streets: Vec<Street> = Vec::new();
    let mut sound = true;
    for mut table in root.tables("street") {
        let name = table
            .value::<String>("name")
            .check(format!("1 to {NAME_CHARS_MAX} signs"), |name| {
                let length = name.trim().chars().count();
                match (1..=NAME_CHARS_MAX).contains(&length) && name.trim() == name {
                    true => Ok(name),
                    false => Err(String::new()),
                }
            })
            .required();
        let area = table
            .value::<Vec<String>>("cells")
            .check("BeiDou 2D codes, at least one", |codes| match codes.is_empty() {
                true => Err(String::new()),
                false => Area::try_from(codes).map_err(|error| error.to_string()),
            })
            .required();
        match (name, area) {
            (Some(name), _) if streets.iter().any(|street| street.name == name) => {
                table.fault("name", "two streets have it");
                sound = false;
            }
            (Some(name), Some(area)) => streets.push(Street { name, area }),
            _ => sound = false,
        }
    }
    sound.then_some(streets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::toml_reader::read;

    fn read_as(text: &str) -> Result<Vec<Street>, String> {
        read("hub.toml", text, |mut root| streets(&mut root)).map_err(|faults| faults.to_string())
    }

    const STREET: &str = "[[street]]\nname = '坑梓街道'\ncells = ['N50F0535166', 'N50F0535167']\n";

    #[test]
    fn a_street_is_a_name_and_cells() {
        let streets = read_as(STREET).unwrap();
        assert_eq!(streets[0].name, "坑梓街道");
        assert_eq!(streets[0].area.codes(), ["N50F0535166", "N50F0535167"]);
        assert_eq!(read_as(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_street_is_named_with_what_is_allowed() {
        for (text, told) in [
            (STREET.repeat(2), "two streets have it"),
            (STREET.replace("N50F0535167", "here"), "street[0].cells"),
            ("[[street]]\nname = 'x'\ncells = []".to_owned(), "at least one"),
            ("[[street]]\nname = ' '\ncells = ['N50F']".to_owned(), "street[0].name"),
            ("[[street]]\nname = 'x'".to_owned(), "street[0].cells"),
        ] {
            let error = read_as(&text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
