//! SQL that depends on what is asked, put together piece by piece with numbered parameters. (sqlx's
//! own builder writes `?` for a database chosen at run time, which PostgreSQL does not read.)

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

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn query(self) -> Result<Query<'static, Any, AnyArguments>, sqlx::Error> {
        let arguments = self.arguments.map_err(sqlx::Error::Encode)?;
        Ok(sqlx::query_with(AssertSqlSafe(self.text), arguments))
    }
}
