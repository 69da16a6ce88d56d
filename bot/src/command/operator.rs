//! `hotro operator`: who may work at the console.

use std::io::Write;

use anyhow::Context;
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::desk::account::{Actor, INVITATION_TTL_MS, Invitation, Role, Roster};
use hotro::store::Store;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Adds an operator and prints the link of their invitation.
pub(crate) fn add(config: &Config, name: &str, display_name: Option<&str>, role: Role) -> anyhow::Result<()> {
    on_roster(config, async |roster| {
        let (_, invitation) = roster.add(name, display_name, role, Actor::CommandLine, now_ms()).await?;
        print_invitation(config, &invitation)
    })
}

/// Invites an operator again and prints the link.
pub(crate) fn invite(config: &Config, name: &str) -> anyhow::Result<()> {
    on_roster(config, async |roster| {
        let operator = roster.find(name).await.with_context(|| name.to_owned())?;
        print_invitation(config, &roster.invite(operator.id, Actor::CommandLine, now_ms()).await?)
    })
}

/// Prints all operators, one a line; the id at its end is what `hotro audit` names them by.
pub(crate) fn list(config: &Config) -> anyhow::Result<()> {
    on_roster(config, async |roster| {
        let mut out = std::io::stdout().lock();
        for operator in roster.list().await? {
            let (name, role, standing) = (operator.name.as_str(), operator.role.as_str(), operator.standing.as_str());
            let factor = if operator.second_factor { "second factor" } else { "password only" };
            writeln!(out, "{name}\t{role}\t{standing}\t{factor}\t{}\t{}", operator.display_name, operator.id)?;
        }
        Ok(())
    })
}

/// Ends an operator's access.
pub(crate) fn disable(config: &Config, name: &str) -> anyhow::Result<()> {
    on_roster(config, async |roster| {
        let operator = roster.find(name).await.with_context(|| name.to_owned())?;
        Ok(roster.disable(operator.id, Actor::CommandLine, now_ms()).await?)
    })
}

fn print_invitation(config: &Config, invitation: &Invitation) -> anyhow::Result<()> {
    let origin = config.public_origin().unwrap_or_else(|| format!("http://{}", config.listen));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", invitation.link(&origin))?;
    writeln!(out, "Works once, for {} hours. Whoever has it sets the password: give it to nobody else.", INVITATION_TTL_MS / HOUR_MS)?;
    Ok(())
}

fn on_roster(config: &Config, act: impl AsyncFnOnce(Roster) -> anyhow::Result<()>) -> anyhow::Result<()> {
    super::block_on(async {
        let store: Store = super::open_store(config).await?;
        let done = act(Roster::new(store.clone())).await;
        store.close().await;
        done
    })
}
