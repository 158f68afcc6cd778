//! `platbook user` and `platbook token`: accounts from the terminal, the first administrator's too.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::{CliError, open_store, read_catalogue, say};
use crate::app::members::{create_token, record, takes_the_last_administrator};
use crate::app::password::{self, PasswordError};
use crate::auth::{InvalidGrant, UnknownDepartment, check_department, check_grant};
use crate::catalog::Catalogue;
use crate::config::Config;
use crate::domain::{AccountName, Action, DivisionCode, Grant, LayerId, RoleId};
use crate::store::Accounts;
use crate::store::accounts::Account;

/// Who did it, in the audit list: whoever can run the program on the database.
const OPERATOR: &str = "operator at the terminal";

/// `platbook user …`
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account; its password is asked for
    Add(AddArgs),
    /// List the accounts and what they were granted
    List,
    /// Shut an account out; its sessions end at once
    Disable(NameArgs),
    /// Let an account in again
    Enable(NameArgs),
    /// Set a password; it is asked for
    Password(PasswordArgs),
    /// Give an account one more grant, or another set of them
    Grant(GrantArgs),
}

/// `platbook token …`
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token for an account and print it; it cannot be printed again
    Create(TokenArgs),
}

#[derive(Debug, Args)]
pub(super) struct NameArgs {
    /// The account
    name: AccountName,
}

#[derive(Debug, Args)]
struct GrantFlags {
    /// A role of the catalogue: viewer, surveyor, reviewer, editor, connector, administrator
    #[arg(long)]
    role: RoleId,
    /// The layers it holds in, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    layers: Option<Vec<LayerId>>,
    /// The division it holds in [default: the whole city]
    #[arg(long, value_name = "CODE")]
    division: Option<DivisionCode>,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The name to sign in with
    name: AccountName,
    /// The name for people
    #[arg(long, default_value = "")]
    title: String,
    /// The department it belongs to; a key of the catalogue's departments.toml
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    #[command(flatten)]
    grant: GrantFlags,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Make it without a password: for programs that come with a token
    #[arg(long, conflicts_with = "password_stdin")]
    no_password: bool,
}

#[derive(Debug, Args)]
pub(super) struct PasswordArgs {
    /// The account
    name: AccountName,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct GrantArgs {
    /// The account
    name: AccountName,
    #[command(flatten)]
    grant: GrantFlags,
    /// Take all other grants away
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// The account it acts for
    account: AccountName,
    /// What it is for
    #[arg(long)]
    name: String,
    /// What may be done with it: read,create,update,delete,submit,review,import,publish,audit,administer
    #[arg(long, value_delimiter = ',', required = true)]
    scopes: Vec<Action>,
    /// How long it lasts, days
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

/// Why an account could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name is taken.
    #[error("there is an account `{0}` already; `platbook user grant` gives it more")]
    Exists(AccountName),
    /// Nobody has the name.
    #[error("there is no account `{0}`; `platbook user list` lists them")]
    Missing(AccountName),
    /// The grant names what is not declared.
    #[error(transparent)]
    Grant(#[from] InvalidGrant),
    /// The department is not declared.
    #[error(transparent)]
    Department(#[from] UnknownDepartment),
    /// The password cannot be taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The two passwords differ.
    #[error("the passwords differ; nothing was changed")]
    Differ,
    /// Nobody could give accounts any more.
    #[error("`{0}` is the last administrator; grant the role to another first")]
    LastAdministrator(AccountName),
}

/// Does what was asked about accounts.
pub(super) async fn user(config: &Config, command: UserCommand) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    let store = open_store(config, matches!(command, UserCommand::Add(_))).await?;
    let accounts = store.accounts();
    match command {
        UserCommand::Add(args) => add(accounts, &catalogue, args).await,
        UserCommand::List => list(accounts).await,
        UserCommand::Disable(args) => change(accounts, &catalogue, &args.name, |account| account.disabled = true).await,
        UserCommand::Enable(args) => change(accounts, &catalogue, &args.name, |account| account.disabled = false).await,
        UserCommand::Password(args) => {
            let hashed = password::hash(&read_password(args.password_stdin)?).map_err(UserError::from)?;
            change(accounts, &catalogue, &args.name, |account| account.password = Some(hashed)).await
        }
        UserCommand::Grant(args) => {
            let grant = grant(&catalogue, args.grant)?;
            let give = |account: &mut Account| {
                account.grants.retain(|known| !args.replace && *known != grant);
                account.grants.push(grant);
            };
            change(accounts, &catalogue, &args.name, give).await
        }
    }
}

/// Does what was asked about tokens.
pub(super) async fn token(config: &Config, command: TokenCommand) -> Result<(), CliError> {
    let TokenCommand::Create(args) = command;
    let store = open_store(config, false).await?;
    let accounts = store.accounts();
    find(accounts, &args.account).await?;
    let scopes: BTreeSet<Action> = args.scopes.into_iter().collect();
    let lasts = SignedDuration::from_hours(24 * i64::from(args.days));
    let (shown, token) = create_token(accounts, &args.account, &args.name, scopes, Timestamp::now(), lasts).await?;
    record(accounts, OPERATOR, "token.created", &format!("{}/{}", args.account, token.id), "").await?;
    say(&shown)
}

async fn add(accounts: &dyn Accounts, catalogue: &Catalogue, args: AddArgs) -> Result<(), CliError> {
    let grant = grant(catalogue, args.grant)?;
    args.department
        .iter()
        .try_for_each(|department| check_department(catalogue, department))
        .map_err(UserError::from)?;
    if accounts.account(&args.name).await?.is_some() {
        return Err(UserError::Exists(args.name).into());
    }
    let password = if args.no_password {
        None
    } else {
        Some(password::hash(&read_password(args.password_stdin)?).map_err(UserError::from)?)
    };
    let account = Account {
        name: args.name,
        title: args.title,
        department: args.department,
        password,
        subject: None,
        disabled: false,
        grants: vec![grant],
        created: Timestamp::now(),
    };
    if !accounts.create_account(&account).await? {
        return Err(UserError::Exists(account.name).into());
    }
    record(accounts, OPERATOR, "account.created", account.name.as_str(), "").await?;
    say(&line(&account))
}

async fn list(accounts: &dyn Accounts) -> Result<(), CliError> {
    let all = accounts.accounts().await?;
    all.iter().try_for_each(|account| say(&line(account)))
}

async fn change(
    accounts: &dyn Accounts,
    catalogue: &Catalogue,
    name: &AccountName,
    how: impl FnOnce(&mut Account),
) -> Result<(), CliError> {
    let before = find(accounts, name).await?;
    let mut account = before.clone();
    how(&mut account);
    if takes_the_last_administrator(accounts, &catalogue.roles, &before, &account).await? {
        return Err(UserError::LastAdministrator(account.name).into());
    }
    accounts.update_account(&account).await?;
    record(accounts, OPERATOR, "account.changed", name.as_str(), "").await?;
    say(&line(&account))
}

async fn find(accounts: &dyn Accounts, name: &AccountName) -> Result<Account, CliError> {
    let found = accounts.account(name).await?;
    found.ok_or_else(|| UserError::Missing(name.clone()).into())
}

fn grant(catalogue: &Catalogue, flags: GrantFlags) -> Result<Grant, CliError> {
    let grant = Grant {
        role: flags.role,
        layers: flags.layers.map(|layers| layers.into_iter().collect()),
        division: flags.division.unwrap_or(catalogue.city.code),
    };
    check_grant(catalogue, &grant).map_err(UserError::from)?;
    Ok(grant)
}

/// An account in a line: name, department, whether it is shut out, grants.
fn line(account: &Account) -> String {
    let grants: Vec<String> = account
        .grants
        .iter()
        .map(|grant| {
            let layers: Vec<&str> = grant.layers.iter().flatten().map(LayerId::as_str).collect();
            let layers = if grant.layers.is_none() { "all layers".to_owned() } else { layers.join(",") };
            format!("{} in {layers} of {}", grant.role, grant.division)
        })
        .collect();
    let department = account.department.as_ref().map(|department| format!(" of {department}")).unwrap_or_default();
    let state = if account.disabled { " (disabled)" } else { "" };
    format!("{}{department}{state}: {}", account.name, grants.join("; "))
}

/// A password from standard input, or asked for twice at the terminal. There is no default.
fn read_password(from_stdin: bool) -> Result<String, CliError> {
    let reading = |source| CliError::Io { doing: "reading the password".to_owned(), source };
    if from_stdin {
        let mut text = String::new();
        std::io::stdin().lock().read_line(&mut text).map_err(reading)?;
        return Ok(text.trim_end_matches(['\n', '\r']).to_owned());
    }
    if !std::io::stdin().is_terminal() {
        let advice = "no terminal to ask at; give it with --password-stdin";
        return Err(reading(std::io::Error::other(advice)));
    }
    let first = rpassword::prompt_password("Password: ").map_err(reading)?;
    let again = rpassword::prompt_password("Once more: ").map_err(reading)?;
    if first == again { Ok(first) } else { Err(UserError::Differ.into()) }
}
