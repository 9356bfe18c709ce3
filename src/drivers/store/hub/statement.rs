//! SQL that depends on what is asked, put together piece by piece with numbered parameters. (sqlx's
//! own builder writes `?` for a database chosen at run time, which PostgreSQL does not read.)

use super::Tx;
use sqlx::{
    Any, Arguments, AssertSqlSafe, Encode, Type, any::AnyArguments, error::BoxDynError,
    query::Query,
};

/// Invariant: `text` holds only literals of this program and `$n`; what others wrote is bound.
pub(super) struct Statement {
    text: String,
    arguments: Result<AnyArguments, BoxDynError>,
    bound: usize,
}

impl Statement {
    pub fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), arguments: Ok(AnyArguments::default()), bound: 0 }
    }

    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub fn bind<'t>(&mut self, value: impl Encode<'t, Any> + Type<Any>) -> &mut Self {
        if let Ok(arguments) = &mut self.arguments
            && let Err(error) = arguments.add(value)
        {
            self.arguments = Err(error);
        }
        self.bound += 1;
        self.text.push('$');
        self.text.push_str(&self.bound.to_string());
        self
    }

    /// `(NULL, $1, $2)`: may be empty, since nothing equals NULL.
    pub fn bind_list<'t, T>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self
    where
        T: Encode<'t, Any> + Type<Any>,
    {
        self.push("(NULL");
        for value in values {
            self.push(", ").bind(value);
        }
        self.push(")")
    }

    /// `($1, $2), ($3, $4)`: a row of values for each item; `of` adds the values of one.
    pub fn bind_rows<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut of: impl FnMut(&mut Values<'_>, T),
    ) -> &mut Self {
        for (number, item) in items.into_iter().enumerate() {
            self.push(if number > 0 { ", (" } else { "(" });
            of(&mut Values { statement: self, begun: false }, item);
            self.push(")");
        }
        self
    }

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// In a transaction. SQLite looks up each numbered parameter among all of them, which costs more than
    /// all else where there are thousands: it gets them without numbers, in the order in which they come.
    pub async fn execute(mut self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        if tx.backend_name() == "SQLite" {
            self.text = unnumbered(&self.text);
        }
        self.query()?.execute(&mut **tx).await?;
        Ok(())
    }

    pub fn query(self) -> Result<Query<'static, Any, AnyArguments>, sqlx::Error> {
        let arguments = self.arguments.map_err(sqlx::Error::Encode)?;
        Ok(sqlx::query_with(AssertSqlSafe(self.text), arguments))
    }
}

fn unnumbered(text: &str) -> String {
    let mut pieces = text.split('$');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push('?');
        plain.push_str(piece.trim_start_matches(|sign: char| sign.is_ascii_digit()));
    }
    plain
}

/// One row of values.
pub(super) struct Values<'s> {
    statement: &'s mut Statement,
    begun: bool,
}

impl Values<'_> {
    pub fn add<'t>(&mut self, value: impl Encode<'t, Any> + Type<Any>) -> &mut Self {
        if std::mem::replace(&mut self.begun, true) {
            self.statement.push(", ");
        }
        self.statement.bind(value);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_through_and_lose_their_numbers_alone() {
        let mut statement = Statement::new("INSERT INTO t (a, b2) VALUES ");
        statement.bind_rows([(1_i64, "x"), (2, "y")], |row, (a, b)| {
            row.add(a).add(b);
        });
        statement.push(" ON CONFLICT (a) DO UPDATE SET b2 = ").bind("z");
        let text = statement.text();
        let numbered = "VALUES ($1, $2), ($3, $4) ON CONFLICT (a) DO UPDATE SET b2 = $5";
        assert!(text.ends_with(numbered), "{text}");
        let plain =
            "INSERT INTO t (a, b2) VALUES (?, ?), (?, ?) ON CONFLICT (a) DO UPDATE SET b2 = ?";
        assert_eq!(unnumbered(text), plain);
    }
}
