//! Who the operators are: inviting, changing and disabling them. On the command line and, for supervisors, in the console.

use std::fmt;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::audit::{Action, Actor, audit};
use super::name::{OperatorName, are_skills, parse_display_name};
use super::role::Role;
use crate::conversation::Token;
use crate::store::{NewInvitation, NewOperator, OPERATORS_MAX, OperatorAdded, OperatorChange, OperatorRow, Store, StoreError};

/// An invitation is used within three days, so that one of Friday works on Monday.
pub const INVITATION_TTL_MS: i64 = 72 * 60 * 60 * 1_000;
/// Conversations that one person can hold at once.
pub const CAPACITY_MAX: u32 = 50;

/// An operator as the program sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub id: Uuid,
    /// What they sign in with.
    pub name: OperatorName,
    /// What people read.
    pub display_name: String,
    /// What they are trusted with, once they have the second factor that it needs.
    pub role: Role,
    /// The domains they answer; an empty list means all.
    pub skills: Vec<String>,
    /// Conversations held at once.
    pub capacity: u32,
    /// Whether they have a second factor.
    pub second_factor: bool,
    /// Whether they can sign in.
    pub standing: Standing,
}

/// Whether an operator can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not yet: no invitation was accepted.
    Invited,
    /// Yes.
    Active,
    /// Not any more.
    Disabled,
}

impl Standing {
    /// Its word in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Invited => "invited",
            Standing::Active => "active",
            Standing::Disabled => "disabled",
        }
    }
}

impl TryFrom<&OperatorRow> for Operator {
    type Error = StoreError;

    fn try_from(row: &OperatorRow) -> Result<Operator, StoreError> {
        let broken = |column: &str| StoreError::Database(format!("operator {}: {column} cannot be read", row.operator_id));
        let standing = match (row.disabled_ms, &row.password_hash) {
            (Some(_), _) => Standing::Disabled,
            (None, Some(_)) => Standing::Active,
            (None, None) => Standing::Invited,
        };
        Ok(Operator {
            id: row.operator_id,
            name: OperatorName::parse(&row.name).ok_or_else(|| broken("name"))?,
            display_name: row.display_name.clone(),
            role: Role::parse(&row.role).ok_or_else(|| broken("role"))?,
            skills: serde_json::from_str(&row.skills).map_err(|_| broken("skills"))?,
            capacity: row.capacity,
            second_factor: row.totp_sealed.is_some(),
            standing,
        })
    }
}

/// A fresh invitation; its token is shown only here.
pub struct Invitation {
    /// What is in the link.
    pub token: Token,
    /// Its end, in Unix milliseconds.
    pub expires_ms: i64,
}

impl Invitation {
    fn new(now_ms: i64) -> (Invitation, NewInvitation) {
        let (token, expires_ms) = (Token::random(), now_ms.saturating_add(INVITATION_TTL_MS));
        let stored = NewInvitation { token_hash: token.hash(), created_ms: now_ms, expires_ms };
        (Invitation { token, expires_ms }, stored)
    }

    /// The link for the operator's browser. The token stands behind `#`, which no browser sends: it enters no server's log.
    pub fn link(&self, origin: &str) -> String {
        format!("{origin}/console/invitation#{}", self.token.reveal())
    }
}

/// Prints no secret.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation {{ expires_ms: {}, .. }}", self.expires_ms)
    }
}

/// What of an operator is to change; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What people read.
    pub display_name: Option<String>,
    /// What they are trusted with.
    pub role: Option<Role>,
    /// The domains they answer; an empty list means all.
    pub skills: Option<Vec<String>>,
    /// Conversations held at once.
    pub capacity: Option<u32>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// Something cannot be so; the name of the field.
    #[error("{0} is not of its form")]
    Form(&'static str),
    /// Somebody has that name.
    #[error("there is an operator of that name")]
    NameTaken,
    /// No more operators fit.
    #[error("there are {OPERATORS_MAX} operators already")]
    Full,
    /// There is no such operator.
    #[error("there is no such operator")]
    Unknown,
    /// One's own role and access are changed by others.
    #[error("nobody changes their own role or access")]
    OneSelf,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The operators of this installation.
#[derive(Clone)]
pub struct Roster {
    store: Store,
}

impl Roster {
    /// Over a database.
    pub fn new(store: Store) -> Roster {
        Roster { store }
    }

    /// Adds an operator. Without a display name, people read the sign-in name.
    ///
    /// # Errors
    /// See [`RosterError`].
    pub async fn add(
        &self,
        name: &str,
        display_name: Option<&str>,
        role: Role,
        by: Actor,
        now_ms: i64,
    ) -> Result<(Uuid, Invitation), RosterError> {
        let name = OperatorName::parse(name).ok_or(RosterError::Form("name"))?;
        let display_name = parse_display_name(display_name.unwrap_or(name.as_str())).ok_or(RosterError::Form("display_name"))?;
        let operator_id = Uuid::now_v7();
        let new = NewOperator { operator_id, name: name.as_str().to_owned(), display_name, role: role.as_str() };
        let (invitation, stored) = Invitation::new(now_ms);
        let audit = audit(by, Action::Invited, Some(operator_id), now_ms, &json!({ "role": role }));
        match self.store.add_operator(&new, &stored, &audit).await? {
            OperatorAdded::Done => Ok((operator_id, invitation)),
            OperatorAdded::NameTaken => Err(RosterError::NameTaken),
            OperatorAdded::Full => Err(RosterError::Full),
        }
    }

    /// Invites an operator again: after a lost password or telephone, or to let a disabled one work again. The older
    /// invitation ends; the password works until the new one is accepted.
    ///
    /// # Errors
    /// See [`RosterError`].
    pub async fn invite(&self, id: Uuid, by: Actor, now_ms: i64) -> Result<Invitation, RosterError> {
        let (invitation, stored) = Invitation::new(now_ms);
        let audit = audit(by, Action::Invited, Some(id), now_ms, &json!({ "again": true }));
        if self.store.invite_operator(id, &stored, &audit).await? { Ok(invitation) } else { Err(RosterError::Unknown) }
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list(&self) -> Result<Vec<Operator>, RosterError> {
        let rows = self.store.operators().await?;
        Ok(rows.iter().map(Operator::try_from).collect::<Result<_, _>>()?)
    }

    /// An operator.
    ///
    /// # Errors
    /// There is none of this id, or the database fails.
    pub async fn get(&self, id: Uuid) -> Result<Operator, RosterError> {
        let row = self.store.operator(id).await?.ok_or(RosterError::Unknown)?;
        Ok(Operator::try_from(&row)?)
    }

    /// The operator of a name.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn find(&self, name: &str) -> Result<Operator, RosterError> {
        let name = OperatorName::parse(name).ok_or(RosterError::Unknown)?;
        let row = self.store.operator_by_name(name.as_str()).await?.ok_or(RosterError::Unknown)?;
        Ok(Operator::try_from(&row)?)
    }

    /// Changes an operator. It counts from their next request on.
    ///
    /// # Errors
    /// See [`RosterError`].
    pub async fn change(&self, id: Uuid, change: Change, by: Actor, now_ms: i64) -> Result<(), RosterError> {
        if change.role.is_some() && by == Actor::Operator(id) {
            return Err(RosterError::OneSelf);
        }
        let display_name = match change.display_name.as_deref() {
            Some(name) => Some(parse_display_name(name).ok_or(RosterError::Form("display_name"))?),
            None => None,
        };
        if change.skills.as_ref().is_some_and(|skills| !are_skills(skills)) {
            return Err(RosterError::Form("skills"));
        }
        if change.capacity.is_some_and(|capacity| !(1..=CAPACITY_MAX).contains(&capacity)) {
            return Err(RosterError::Form("capacity"));
        }
        let mut detail = Map::new();
        detail.extend(change.role.map(|role| ("role".to_owned(), json!(role))));
        detail.extend(change.skills.as_ref().map(|skills| ("skills".to_owned(), json!(skills))));
        detail.extend(change.capacity.map(|capacity| ("capacity".to_owned(), json!(capacity))));
        detail.extend(display_name.as_ref().map(|_| ("display_name".to_owned(), json!(true))));
        let audit = audit(by, Action::OperatorChanged, Some(id), now_ms, &Value::Object(detail));
        let change = OperatorChange {
            display_name,
            role: change.role.map(Role::as_str),
            skills: change.skills.map(|skills| json!(skills).to_string()),
            capacity: change.capacity,
        };
        if self.store.change_operator(id, &change, &audit).await? { Ok(()) } else { Err(RosterError::Unknown) }
    }

    /// Ends an operator's access at once. Only a new invitation lets them come back.
    ///
    /// # Errors
    /// See [`RosterError`].
    pub async fn disable(&self, id: Uuid, by: Actor, now_ms: i64) -> Result<(), RosterError> {
        if by == Actor::Operator(id) {
            return Err(RosterError::OneSelf);
        }
        let audit = audit(by, Action::OperatorDisabled, Some(id), now_ms, &json!({}));
        if self.store.disable_operator(id, now_ms, &audit).await? { Ok(()) } else { Err(RosterError::Unknown) }
    }
}
