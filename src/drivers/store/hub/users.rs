//! Accounts. What changes one writes who changed it, in the same transaction.

use super::{
    HubStore,
    access_log::{Access, insert_access},
    records::{parsed, time},
    statement::Statement,
};
use crate::{
    base::{secret::Secret, time::WallTime},
    domain::people::{Area, Roles},
    drivers::store::StoreError,
};
use sqlx::{Row, any::AnyRow};
use std::fmt;

/// Accounts that are listed; a district has fewer.
pub(super) const USERS_MAX: i64 = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub name: String,
    /// Of an identity provider: its issuer, a space, and what it calls the person.
    pub subject: Option<String>,
    /// An argon2 PHC string.
    pub password_hash: Option<Secret>,
    pub roles: Roles,
    pub unit: Option<String>,
    pub area: Area,
    pub disabled: bool,
    pub created_at: WallTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    pub name: String,
    pub subject: Option<String>,
    pub password_hash: Option<Secret>,
    pub roles: Roles,
    pub unit: Option<String>,
    pub area: Area,
    pub at: WallTime,
}

/// What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    pub password_hash: Option<Secret>,
    pub roles: Option<Roles>,
    pub unit: Option<Option<String>>,
    pub area: Option<Area>,
    pub disabled: Option<bool>,
}

/// For the log: what it sets, and of a password only that.
impl fmt::Display for UserChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = Vec::new();
        said.extend(self.password_hash.as_ref().map(|_| "password".to_owned()));
        said.extend(self.roles.as_ref().map(|roles| format!("roles: {roles}")));
        said.extend(
            self.unit.as_ref().map(|unit| format!("unit: {}", unit.as_deref().unwrap_or("none"))),
        );
        said.extend(self.area.as_ref().map(|area| match area.is_everywhere() {
            true => "area: everywhere".to_owned(),
            false => format!("area: {area}"),
        }));
        said.extend(self.disabled.map(|off| if off { "disabled" } else { "enabled" }.to_owned()));
        f.write_str(&said.join("; "))
    }
}

pub(super) fn user(row: &AnyRow) -> Result<UserRow, sqlx::Error> {
    let hash: Option<String> = row.try_get("password_hash")?;
    Ok(UserRow {
        name: row.try_get("name")?,
        subject: row.try_get("subject")?,
        password_hash: hash.map(Secret::new),
        roles: parsed(row, "roles")?,
        unit: row.try_get("unit")?,
        area: parsed(row, "area")?,
        disabled: row.try_get::<i64, _>("disabled")? == 1,
        created_at: time(row, "created_at_millis")?,
    })
}

impl HubStore {
    /// False: the name, or the subject, has an account already.
    pub async fn add_user(&self, new: &NewUser, entry: &Access) -> Result<bool, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO users (name, subject, password_hash, roles, unit, area, disabled, \
             created_at_millis, changed_at_millis) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&new.name)
        .bind(new.subject.as_ref())
        .bind(new.password_hash.as_ref().map(Secret::reveal))
        .bind(new.roles.to_string())
        .bind(new.unit.as_ref())
        .bind(new.area.to_string())
        .bind(new.at.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?
        .rows_affected()
            == 1;
        if added {
            insert_access(entry).execute(&mut *tx).await.map_err(failed)?;
        }
        self.commit(tx).await?;
        Ok(added)
    }

    pub async fn user(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        self.user_by("SELECT * FROM users WHERE name = $1", name).await
    }

    /// The account of a person of an identity provider.
    pub async fn user_of_subject(&self, subject: &str) -> Result<Option<UserRow>, StoreError> {
        self.user_by("SELECT * FROM users WHERE subject = $1", subject).await
    }

    async fn user_by(&self, query: &'static str, key: &str) -> Result<Option<UserRow>, StoreError> {
        let row = sqlx::query(query)
            .bind(key)
            .fetch_optional(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        row.map(|row| user(&row)).transpose().map_err(|error| self.failed(error))
    }

    /// All accounts, by name.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM users ORDER BY name LIMIT $1")
            .bind(USERS_MAX)
            .fetch_all(self.database.readers())
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| user(row).map_err(|error| self.failed(error))).collect()
    }

    /// False: there is no such account. A new password, and being disabled, ends its sessions.
    pub async fn change_user(
        &self,
        name: &str,
        change: &UserChange,
        entry: &Access,
    ) -> Result<bool, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let mut query = Statement::new("UPDATE users SET changed_at_millis = ");
        query.bind(entry.at.unix_millis());
        if let Some(hash) = &change.password_hash {
            query.push(", password_hash = ").bind(hash.reveal().to_owned());
        }
        if let Some(roles) = &change.roles {
            query.push(", roles = ").bind(roles.to_string());
        }
        if let Some(unit) = &change.unit {
            query.push(", unit = ").bind(unit.clone());
        }
        if let Some(area) = &change.area {
            query.push(", area = ").bind(area.to_string());
        }
        if let Some(disabled) = change.disabled {
            query.push(", disabled = ").bind(i64::from(disabled));
        }
        query.push(" WHERE name = ").bind(name.to_owned());
        let known = query.execute(&mut tx).await.map_err(failed)? == 1;
        if known {
            insert_access(entry).execute(&mut *tx).await.map_err(failed)?;
            if change.password_hash.is_some() || change.disabled == Some(true) {
                sqlx::query("DELETE FROM sessions WHERE name = $1")
                    .bind(name)
                    .execute(&mut *tx)
                    .await
                    .map_err(failed)?;
            }
        }
        self.commit(tx).await?;
        Ok(known)
    }
}
