//! The command line of hotro.

mod command;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use command::records::AuditOf;
use hotro::config::Config;
use hotro::desk::account::Role;
use hotro::identity::import::FileKind;

#[derive(Parser)]
#[command(name = "hotro", version, about = "Answers citizens of Vietnam Social Security on the web, on Telegram and in a terminal.")]
struct Cli {
    /// Configuration file; default hotro.toml when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A FAQ folder instead of the embedded one.
    #[arg(long, global = true, value_name = "DIR")]
    faq: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the widget, its API and Telegram.
    Serve {
        /// Address to serve on.
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Answer one question.
    Ask {
        /// The question.
        question: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Print what decided: query forms, candidates, each scorer's part.
        #[arg(long)]
        explain: bool,
    },
    /// Calculate a benefit or a contribution from one's own numbers.
    Calc {
        /// lump-sum, pension, retirement-date, unemployment, maternity, sickness, household-health, voluntary or bill.
        name: String,
        /// Inputs as name=value: salary=8500000 child_birth=2027-03 periods=2015-03..2019-09:4000000,2019-10..2024-06:7000000
        inputs: Vec<String>,
        /// Calculate on this day instead of today.
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<jiff::civil::Date>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Talk to the bot in the terminal.
    Chat,
    /// Measure on files of labelled questions: question, topics, register.
    Eval {
        /// The files; their questions are measured together.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Change every question first: no_accents, telex, vni, typo, teencode.
        #[arg(long, value_name = "KIND")]
        perturb: Option<String>,
        /// Seed of the changes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print the figures at rising thresholds instead, and draw them into this file.
        #[arg(long, value_name = "SVG", conflicts_with = "json")]
        curve: Option<PathBuf>,
    },
    /// Check the FAQ; prints file:line for each problem.
    Check {
        /// Check as of this day instead of today, and list what changes in the answers until then.
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Option<jiff::civil::Date>,
        /// Then ask the FAQ's questions without their own wording and list the topics that are taken for each other. Takes minutes.
        #[arg(long)]
        confusions: bool,
        /// Labelled questions of citizens that help to train for that.
        #[arg(long, value_name = "FILE", requires = "confusions")]
        real: Option<PathBuf>,
    },
    /// Train the network that ranks topics and write it. Run `hotro fit` after it.
    Train {
        /// Labelled questions of citizens to learn from beside the FAQ's own; only weights are kept.
        #[arg(long, value_name = "FILE")]
        real: Option<PathBuf>,
        /// Where to write.
        #[arg(long, value_name = "FILE", default_value = "knowledge/data/network.bin")]
        out: PathBuf,
    },
    /// Measure what more authored questions are worth: trains on at most so many a topic and asks. Takes minutes.
    LearningCurve {
        /// Files of labelled questions to measure on, together.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Labelled questions of citizens to learn from beside the FAQ's own.
        #[arg(long, value_name = "FILE")]
        real: Option<PathBuf>,
        /// Authored questions a topic, at most.
        #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_values_t = [0, 25, 50, 100, 150])]
        authored: Vec<usize>,
    },
    /// Fit the weights of ranking and confidence by cross-validation and write them.
    Fit {
        /// Labelled questions of citizens.
        #[arg(long, value_name = "FILE")]
        real: PathBuf,
        /// Where to write.
        #[arg(long, value_name = "FILE", default_value = "knowledge/data/confidence.json")]
        out: PathBuf,
    },
    /// Print a conversation's log, one JSON event a line.
    Export {
        /// Its id.
        conversation: uuid::Uuid,
        #[command(flatten)]
        database: Database,
    },
    /// Ask all stored questions again, of the present index, and print what would end otherwise.
    Replay {
        /// Only this conversation.
        conversation: Option<uuid::Uuid>,
        #[command(flatten)]
        database: Database,
    },
    /// List what citizens asked and were not helped with: missed, not what was meant, or followed by a call for an operator.
    Gaps {
        /// Only questions from this day on.
        #[arg(long, value_name = "YYYY-MM-DD")]
        since: Option<jiff::civil::Date>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Look at everything that the service rests on and say what to do; changes nothing.
    Doctor {
        #[command(flatten)]
        database: Database,
    },
    /// Print the manual page (hotro man > hotro.1).
    Man,
    /// Print the completions of a shell (hotro completions bash > /etc/bash_completion.d/hotro).
    Completions {
        /// Which.
        shell: Shell,
    },
    /// Move a whole installation from one database into another, empty one; interrupted, the same command goes on. Stop hotro first.
    Migrate {
        /// Where everything is: sqlite://path/to/hotro.db or postgres://user@host/database. Give PostgreSQL's password in PGPASSWORD.
        #[arg(long, value_name = "URL")]
        from: String,
        /// Where it shall be; the same forms.
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Write everything, as of this moment, into a new file; hotro may serve meanwhile.
    Backup {
        /// The file; it must not be there yet.
        file: PathBuf,
        /// Write nothing: read a backup that is there to its end.
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Fill an empty database from a backup; interrupted, the same command goes on. Stop hotro first.
    Restore {
        /// The backup.
        file: PathBuf,
        #[command(flatten)]
        database: Database,
    },
    /// Personal records.
    Records {
        #[command(subcommand)]
        command: RecordsCommand,
        #[command(flatten)]
        database: Database,
    },
    /// Who has read personal records, the newest first: time, who, what, whose (hash), conversation, reason.
    Audit {
        /// Of the person whose social-insurance code stands on the standard input.
        #[arg(long)]
        code: bool,
        /// In this conversation.
        #[arg(long, value_name = "ID", conflicts_with = "code")]
        conversation: Option<uuid::Uuid>,
        /// By this operator.
        #[arg(long, value_name = "ID", conflicts_with_all = ["code", "conversation"])]
        operator: Option<uuid::Uuid>,
        #[command(flatten)]
        database: Database,
    },
    /// The key that everything is sealed with.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
        #[command(flatten)]
        database: Database,
    },
    /// Who may work at the console.
    Operator {
        #[command(subcommand)]
        command: OperatorCommand,
        #[command(flatten)]
        database: Database,
    },
    /// Offices, collection points and facilities.
    Places {
        #[command(subcommand)]
        command: PlacesCommand,
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Subcommand)]
enum PlacesCommand {
    /// Take lists (CSV, TSV, XLSX, JSON) into the database; a running server takes them over within seconds.
    Import {
        /// A file, or a folder of them.
        path: PathBuf,
        /// Where the list comes from, when it has no column `source`.
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
        /// The day of the list, when it has no column `as_of`.
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Option<String>,
        /// The province of its offices, by name or code, when it has no column for it.
        #[arg(long, value_name = "PROVINCE")]
        province: Option<String>,
        /// Read and check, and import nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Make the set that the program carries from a folder of lists.
    Build {
        /// The folder.
        folder: PathBuf,
        /// Where to write.
        #[arg(long, value_name = "FILE", default_value = "knowledge/data/places.tsv")]
        out: PathBuf,
    },
    /// Print how messages about places are read: what is looked for, and which unit is meant or asked back.
    Read {
        /// The messages.
        #[arg(required = true)]
        texts: Vec<String>,
    },
    /// Print what citizens say is wrong with a place: day, kind, id, name, conversation.
    Reports,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Exchange it for another one. Stop all nodes first, start them with the new one afterwards.
    Rotate {
        /// The file with the new key: 64 hexadecimal digits (openssl rand -hex 32).
        #[arg(long, value_name = "FILE")]
        new_key_file: PathBuf,
    },
}

#[derive(Subcommand)]
enum RecordsCommand {
    /// Add invented people to try lookups with.
    Demo,
    /// Import CSV files of one kind; docs/records.md has the columns. A file with a mistake changes nothing.
    Import {
        /// person, contribution, benefit, dossier, card, visit or dependant.
        #[arg(long, value_parser = parse_kind)]
        kind: FileKind,
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Subcommand)]
enum OperatorCommand {
    /// Add an operator and print the link with which they set their password.
    Add {
        /// What they sign in with: 2 to 64 of a-z, 0-9, `.`, `_` and `-`.
        name: String,
        /// operator or supervisor.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// What colleagues and citizens read; default the name.
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
    },
    /// Print another link: for a lost password or telephone, or for an operator who was disabled.
    Invite {
        /// Their name.
        name: String,
    },
    /// Print all operators: name, role, standing, second factor, display name.
    List,
    /// End an operator's access at once.
    Disable {
        /// Their name.
        name: String,
    },
}

fn parse_kind(word: &str) -> Result<FileKind, String> {
    FileKind::parse(word).ok_or_else(|| format!("expected one of {}", FileKind::ALL.map(FileKind::name).join(", ")))
}

fn parse_role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| "expected operator or supervisor".to_owned())
}

#[derive(clap::Args)]
struct Database {
    /// Folder of the SQLite database.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<String>,
    /// postgres://... or sqlite://...
    #[arg(long, value_name = "URL", global = true)]
    database: Option<String>,
}

impl Database {
    fn flags(&self) -> Vec<(&'static str, String)> {
        let keys = [("data_dir", &self.data), ("database_url", &self.database)];
        keys.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
    }
}

/// One page: the program, then each of its commands.
fn manual() -> anyhow::Result<ExitCode> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let man = clap_mangen::Man::new(subcommand.clone());
        writeln!(page, ".SH {}", subcommand.get_name().to_uppercase())?;
        man.render_description_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    std::io::stdout().write_all(&page)?;
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) if nobody_reads(&error) => ExitCode::from(ENDED_BY_SIGPIPE),
        Err(error) => {
            eprintln!("hotro: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What shells say of a program that a closed pipe has ended.
const ENDED_BY_SIGPIPE: u8 = 128 + 13;

/// Whether the output went into a pipe that was closed. Connections break so too, but then the error says what was being done.
fn nobody_reads(error: &anyhow::Error) -> bool {
    let alone = error.chain().count() == 1;
    alone && error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Man => return manual(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "hotro", &mut script);
            std::io::stdout().write_all(&script)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let mut flags = match &cli.command {
        Command::Serve { listen, database } => {
            let mut flags = database.flags();
            flags.extend(listen.clone().map(|listen| ("listen", listen)));
            flags
        }
        Command::Export { database, .. }
        | Command::Replay { database, .. }
        | Command::Gaps { database, .. }
        | Command::Backup { database, .. }
        | Command::Restore { database, .. }
        | Command::Doctor { database, .. }
        | Command::Places { database, .. }
        | Command::Records { database, .. }
        | Command::Audit { database, .. }
        | Command::Key { database, .. }
        | Command::Operator { database, .. } => database.flags(),
        _ => Vec::new(),
    };
    flags.extend(cli.faq.as_ref().map(|dir| ("faq_dir", dir.display().to_string())));
    let config = Config::load(cli.config.as_deref(), std::env::vars(), flags)?;
    match cli.command {
        Command::Serve { .. } => command::serve::run(&config)?,
        Command::Ask { question, json, explain } => command::ask::run(&config, &question, json, explain)?,
        Command::Calc { name, inputs, day, json } => command::calc::run(&config, &name, &inputs, day, json)?,
        Command::Chat => command::chat::run(&config)?,
        Command::Eval { files, json, perturb, seed, curve } => {
            let kind = perturb.as_deref();
            command::eval::run(&config, &files, &command::eval::Changes { kind, seed }, json, curve.as_deref())?;
        }
        Command::Check { as_of, confusions, real } => {
            let code = command::check::run(&config, as_of)?;
            if confusions {
                command::confusions::run(&config, real.as_deref())?;
            }
            return Ok(code);
        }
        Command::Train { real, out } => command::fit::train(&config, real.as_deref(), &out)?,
        Command::LearningCurve { files, real, authored } => command::learning_curve::run(&config, &files, real.as_deref(), &authored)?,
        Command::Fit { real, out } => command::fit::fit(&config, &real, &out)?,
        Command::Export { conversation, .. } => command::export::run(&config, conversation)?,
        Command::Replay { conversation, .. } => command::replay::run(&config, conversation)?,
        Command::Gaps { since, json, .. } => command::gaps::run(&config, since, json)?,
        Command::Doctor { .. } => return command::doctor::run(&config),
        // Printed before the configuration is read.
        Command::Man | Command::Completions { .. } => {}
        Command::Migrate { from, to } => command::transfer::migrate(&from, &to)?,
        Command::Backup { file, check: true, .. } => command::transfer::check(&file)?,
        Command::Backup { file, .. } => command::transfer::backup(&config, &file)?,
        Command::Restore { file, .. } => command::transfer::restore(&config, &file)?,
        Command::Places { command, .. } => match command {
            PlacesCommand::Import { path, source, as_of, province, dry_run } => {
                command::places::import(&config, &path, &hotro::places::Defaults { source, as_of, province }, dry_run)?;
            }
            PlacesCommand::Build { folder, out } => command::places::build(&folder, &out)?,
            PlacesCommand::Read { texts } => command::places::explain(&config, &texts)?,
            PlacesCommand::Reports => command::places::reports(&config)?,
        },
        Command::Records { command, .. } => match command {
            RecordsCommand::Demo => command::records::demo(&config)?,
            RecordsCommand::Import { kind, files } => command::records::import(&config, kind, &files)?,
        },
        Command::Key { command: KeyCommand::Rotate { new_key_file }, .. } => command::records::rotate_key(&config, &new_key_file)?,
        Command::Audit { code, conversation, operator, .. } => {
            let of = match (conversation, operator) {
                (Some(id), _) => AuditOf::Conversation(id),
                (_, Some(id)) => AuditOf::Operator(id),
                _ if code => AuditOf::Code,
                _ => AuditOf::All,
            };
            command::records::audit(&config, &of)?;
        }
        Command::Operator { command, .. } => match command {
            OperatorCommand::Add { name, role, display_name } => command::operator::add(&config, &name, display_name.as_deref(), role)?,
            OperatorCommand::Invite { name } => command::operator::invite(&config, &name)?,
            OperatorCommand::List => command::operator::list(&config)?,
            OperatorCommand::Disable { name } => command::operator::disable(&config, &name)?,
        },
    }
    Ok(ExitCode::SUCCESS)
}
