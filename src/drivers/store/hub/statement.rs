//! SQL that depends on what is asked, put together piece by piece, for either database.
//!
//! Rows of values go to SQLite as so many parameters, which it takes quicker than anything else, and to
//! PostgreSQL as one JSON text: there a statement is planned once and kept, where each number of rows would
//! be another statement, and thousands of parameters cost more than what is done with them.
//!
//! (sqlx's own builder writes `?` for a database chosen at run time, which PostgreSQL does not read.)

use serde::{Serialize, Serializer, ser::SerializeMap};
use sqlx::{
    AnyConnection, Arguments, AssertSqlSafe, Encode, Type,
    any::{AnyArguments, AnyRow},
    encode::IsNull,
    error::BoxDynError,
};
use std::fmt::Write;

/// Invariant: `pieces` hold literals of this program; what others wrote is a value.
pub(super) struct Statement {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(&'static str),
    One(Value),
    /// Texts to look among.
    List(Vec<Value>),
    /// A table of values, whose columns are `column1` and so on.
    Rows(Vec<Row>),
}

/// What a database keeps.
pub(super) enum Value {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
}

macro_rules! values {
    ($($of:ty => $kind:ident($value:ident) $made:expr;)*) => {
        $(impl From<$of> for Value {
            fn from($value: $of) -> Self {
                Self::$kind($made)
            }
        })*
    };
}

values! {
    i64 => Int(value) Some(value);
    Option<i64> => Int(value) value;
    f64 => Real(value) Some(value);
    String => Text(value) Some(value);
    Option<String> => Text(value) value;
    &str => Text(value) Some(value.to_owned());
    Option<&str> => Text(value) value.map(str::to_owned);
}

/// One row of values.
#[derive(Default)]
pub(super) struct Row(Vec<Value>);

impl Row {
    pub fn add(&mut self, value: impl Into<Value>) -> &mut Self {
        self.0.push(value.into());
        self
    }
}

impl Statement {
    pub fn new(text: &'static str) -> Self {
        Self { pieces: vec![Piece::Text(text)] }
    }

    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.pieces.push(Piece::Text(text));
        self
    }

    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.pieces.push(Piece::One(value.into()));
        self
    }

    /// What stands behind `IN`; may be empty.
    pub fn bind_list(&mut self, texts: impl IntoIterator<Item = impl Into<String>>) -> &mut Self {
        let texts = texts.into_iter().map(|text| Value::from(text.into()));
        self.pieces.push(Piece::List(texts.collect()));
        self
    }

    /// A row for each item, `of` adding its values: what stands behind `INSERT INTO t (...)` or in
    /// `FROM (...) AS v`. At least one, of values of the same kinds.
    pub fn bind_rows<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut of: impl FnMut(&mut Row, T),
    ) -> &mut Self {
        let rows = items.into_iter().map(|item| {
            let mut row = Row::default();
            of(&mut row, item);
            row
        });
        self.pieces.push(Piece::Rows(rows.collect()));
        self
    }

    /// How many rows it wrote.
    pub async fn execute(self, connection: &mut AnyConnection) -> Result<u64, sqlx::Error> {
        let (text, arguments) = self.written(connection)?;
        let done = sqlx::query_with(AssertSqlSafe(text), arguments).execute(connection).await?;
        Ok(done.rows_affected())
    }

    pub async fn fetch_all(
        self,
        connection: &mut AnyConnection,
    ) -> Result<Vec<AnyRow>, sqlx::Error> {
        let (text, arguments) = self.written(connection)?;
        sqlx::query_with(AssertSqlSafe(text), arguments).fetch_all(connection).await
    }

    fn written(self, connection: &AnyConnection) -> Result<(String, AnyArguments), sqlx::Error> {
        let written = match connection.backend_name() {
            "SQLite" => self.for_sqlite(),
            _ => self.for_postgres(),
        };
        written.map_err(sqlx::Error::Encode)
    }

    /// Parameters without numbers: SQLite would look up each number among all others.
    pub(super) fn for_sqlite(self) -> Result<(String, AnyArguments), BoxDynError> {
        let (mut text, mut arguments) = (String::new(), AnyArguments::default());
        let mut several = |text: &mut String, values: Vec<Value>| {
            for (number, value) in values.into_iter().enumerate() {
                text.push_str(if number > 0 { ", ?" } else { "?" });
                arguments.add(value)?;
            }
            Ok::<_, BoxDynError>(())
        };
        for piece in self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::One(value) => several(&mut text, vec![value])?,
                Piece::List(values) => {
                    // NULL: nothing equals it, and a list that is empty makes SQLite scan.
                    text.push_str(if values.is_empty() { "(NULL" } else { "(" });
                    several(&mut text, values)?;
                    text.push(')');
                }
                Piece::Rows(rows) => {
                    text.push_str("VALUES ");
                    for (number, row) in rows.into_iter().enumerate() {
                        text.push_str(if number > 0 { ", (" } else { "(" });
                        several(&mut text, row.0)?;
                        text.push(')');
                    }
                }
            }
        }
        Ok((text, arguments))
    }

    pub(super) fn for_postgres(self) -> Result<(String, AnyArguments), BoxDynError> {
        let (mut text, mut arguments) = (String::new(), AnyArguments::default());
        let mut bound = 0;
        for piece in self.pieces {
            bound += usize::from(!matches!(piece, Piece::Text(_)));
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::One(value) => {
                    write!(text, "${bound}")?;
                    arguments.add(value)?;
                }
                Piece::List(values) => {
                    write!(text, "(SELECT json_array_elements_text(${bound}::json))")?;
                    arguments.add(serde_json::to_string(&values)?)?;
                }
                Piece::Rows(rows) => {
                    write!(text, "SELECT * FROM json_to_recordset(${bound}::json) AS r(")?;
                    for (number, value) in rows.iter().take(1).flat_map(|row| &row.0).enumerate() {
                        let comma = if number > 0 { ", " } else { "" };
                        write!(text, "{comma}column{} {}", number + 1, value.kind())?;
                    }
                    text.push(')');
                    arguments.add(serde_json::to_string(&rows)?)?;
                }
            }
        }
        Ok((text, arguments))
    }
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint",
            Self::Real(_) => "double precision",
            Self::Text(_) => "text",
        }
    }
}

impl Type<sqlx::Any> for Value {
    fn type_info() -> sqlx::any::AnyTypeInfo {
        <String as Type<sqlx::Any>>::type_info()
    }
}

impl Encode<'_, sqlx::Any> for Value {
    fn encode_by_ref(
        &self,
        buffer: &mut <sqlx::Any as sqlx::Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        match self {
            Self::Int(value) => Encode::<sqlx::Any>::encode_by_ref(value, buffer),
            Self::Real(value) => Encode::<sqlx::Any>::encode_by_ref(value, buffer),
            Self::Text(value) => Encode::<sqlx::Any>::encode_by_ref(value, buffer),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(value) => value.serialize(serializer),
            Self::Real(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
        }
    }
}

/// By the names that VALUES gives its columns.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (number, value) in self.0.iter().enumerate() {
            map.serialize_entry(&format_args!("column{}", number + 1), value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        let mut statement = Statement::new("INSERT INTO t (a, b2, c) ");
        statement.bind_rows([(1, "x", 0.5), (2, "y\"", 1e300)], |row, (a, b, c)| {
            row.add(a).add(b).add(c);
        });
        statement.push(" ON CONFLICT (a) DO UPDATE SET b2 = ").bind("z");
        statement.push(" WHERE b2 IN ").bind_list(["p", "q"]);
        statement
    }

    #[test]
    fn each_database_has_its_own_spelling() {
        let (text, arguments) = statement().for_sqlite().unwrap();
        assert_eq!(
            text,
            "INSERT INTO t (a, b2, c) VALUES (?, ?, ?), (?, ?, ?) \
             ON CONFLICT (a) DO UPDATE SET b2 = ? WHERE b2 IN (?, ?)"
        );
        assert_eq!(arguments.len(), 9);
        let (text, arguments) = statement().for_postgres().unwrap();
        assert_eq!(
            text,
            "INSERT INTO t (a, b2, c) SELECT * FROM json_to_recordset($1::json) AS r(column1 bigint, \
             column2 text, column3 double precision) ON CONFLICT (a) DO UPDATE SET b2 = $2 \
             WHERE b2 IN (SELECT json_array_elements_text($3::json))"
        );
        assert_eq!(arguments.len(), 3);
    }

    #[test]
    fn rows_are_objects_by_column() {
        let mut row = Row::default();
        row.add(-1).add(None::<&str>).add("\"\u{1}格");
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(text, r#"{"column1":-1,"column2":null,"column3":"\"\u0001格"}"#);
    }
}
