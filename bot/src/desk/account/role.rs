//! Roles, and what each of them may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an operator is trusted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers citizens (tổng đài viên).
    Operator,
    /// Answers for the operators, too (giám sát viên).
    Supervisor,
}

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Take conversations from the queue and answer in them.
    Converse,
    /// Read a conversation that is somebody else's; every reading is audited.
    ReadAnyConversation,
    /// Take a conversation from one operator and give it to another, or close it.
    Reassign,
    /// Invite, change and disable operators.
    ManageOperators,
    /// Change the calendar, canned replies and switches.
    Configure,
    /// Read the live board and the statistics.
    ReadStatistics,
    /// Read the audit.
    ReadAudit,
}

impl Role {
    /// Its word in the database, the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Supervisor => "supervisor",
        }
    }

    /// The role of a word; `None` when there is none.
    pub fn parse(word: &str) -> Option<Role> {
        [Role::Operator, Role::Supervisor].into_iter().find(|role| role.as_str() == word)
    }

    /// Whether the role allows it.
    pub fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Converse => true,
            Permission::ReadAnyConversation
            | Permission::Reassign
            | Permission::ManageOperators
            | Permission::Configure
            | Permission::ReadStatistics
            | Permission::ReadAudit => self == Role::Supervisor,
        }
    }

    /// Whether a password alone is not enough.
    pub fn needs_second_factor(self) -> bool {
        self == Role::Supervisor
    }
}
