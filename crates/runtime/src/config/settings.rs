//! Where flags, environment, file and defaults meet. Each setting is taken from the first of them that says it, judged by
//! the parser of its own flag, and remembers where it came from; then the whole is read as if all of it had been flags.
//!
//! Collected are all faults of values and of the file, and of settings that need others. Told alone, and at once, is what
//! is wrong with the command line as such (a flag that there is not, or twice, or without its value).

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{Resettable, ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Configuration;
use super::database::{DatabaseUrl, NO_DATABASE};
use super::file::{File, Kind, Known, Said};
use super::identity::NO_IDENTITY;
use crate::service::StartError;
use crate::telemetry;

/// A configuration, as far as it could be read.
#[derive(Debug)]
pub struct Loaded<C> {
    /// It; settings with faults are as if nobody had said them.
    pub config: C,
    /// Every setting, in the order of `--help`.
    pub settings: Vec<Setting>,
    /// What is wrong, a line each.
    pub faults: Vec<String>,
    /// What is wrong with the variables of telemetry (`OTEL_*`), which are no settings of ours.
    pub telemetry_faults: Vec<String>,
}

/// A setting that a service can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its place in the file: `identity.oidc-issuer`.
    pub name: String,
    /// The flag, without its dashes.
    pub flag: String,
    /// What is used, without secrets; none where nobody says it and there is no default.
    pub value: Option<String>,
    /// Who said it.
    pub source: Source,
}

/// Who said a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line.
    Flag,
    /// A variable of the environment, of this name.
    Environment(String),
    /// A line of the file.
    File {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Nobody: it is the default, or there is none.
    Default,
}

impl<C: Configuration> Loaded<C> {
    /// Whether nothing is wrong as far as can be seen without opening the files that it names.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.telemetry_faults.is_empty()
    }

    /// Everything that is wrong: also in the files that the good settings name. Nothing is started for it.
    pub async fn all_faults(self) -> Vec<String> {
        let mut faults = self.faults;
        let opened = self.config.service().clone().open().await;
        if let Err(StartError::Configuration { faults: found }) = opened {
            // What is missing may be what was left out because it is wrong.
            let is_whole = faults.is_empty();
            faults.extend(found.into_iter().filter(|fault| is_whole || !is_lack(fault)));
        }
        faults.extend(self.telemetry_faults);
        faults
    }
}

/// Reads the configuration of a service. `arguments` begin with the program's name; an empty variable of the environment
/// is one that is not set.
///
/// # Errors
/// What is wrong with the command line as such, and requests for help.
pub fn load<C: Configuration>(
    arguments: &[OsString],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Loaded<C>, clap::Error> {
    let mut command = C::ADDRESSES.apply(C::command());
    let built = built(&command);
    let settings: Vec<&Arg> = built.get_arguments().filter(|arg| is_setting(arg)).collect();

    let lenient = skeleton(settings.iter().map(|arg| untyped(arg)));
    let flags = match lenient.try_get_matches_from(arguments) {
        Ok(flags) => flags,
        // The command itself says it better, and has the help.
        Err(error) => return Err(command.try_get_matches_from_mut(arguments).err().unwrap_or(error)),
    };

    let mut faults = Vec::new();
    let known: Vec<Known> = settings.iter().map(|arg| known(arg)).collect();
    let variable = |arg: &Arg| {
        let name = arg.get_env()?.to_str()?;
        let value = environment(name).filter(|value| !value.is_empty())?;
        Some((name.to_owned(), value))
    };
    let path = settings.iter().find(|arg| arg.get_id() == CONFIG).and_then(|arg| {
        let flag = given(&flags, arg).map(|values| values.into_iter().next());
        flag.unwrap_or_else(|| variable(arg).map(|(_, value)| value)).map(PathBuf::from)
    });
    let file = path.as_deref().and_then(|path| File::read(path).map_err(|fault| faults.push(fault)).ok());
    let mut from_file = match &file {
        Some(file) => file.say(C::NAME, &known, &mut faults),
        None => vec![None; known.len()],
    };

    // What is said, and those of it that are good, as arguments.
    let (mut said, mut good) = (Vec::new(), Vec::new());
    let mut told = Vec::new();
    for (place, arg) in settings.iter().enumerate() {
        let in_file = from_file[place].take().filter(|said| {
            if arg.get_id() == CONFIG {
                let path = path.as_deref().unwrap_or(Path::new(""));
                faults.push(format!("{}, line {}: a file names no other", path.display(), said.line));
            }
            arg.get_id() != CONFIG
        });
        let (values, source) = match (given(&flags, arg), variable(arg), in_file) {
            (Some(values), _, _) => (values, Source::Flag),
            (None, Some((name, value)), _) => (vec![value], Source::Environment(name)),
            (None, None, Some(Said { values, line })) => {
                let path = path.clone().unwrap_or_default();
                (values.into_iter().map(OsString::from).collect(), Source::File { path, line })
            }
            (None, None, None) => (Vec::new(), Source::Default),
        };
        said.extend(values.iter().filter_map(|value| argument(arg, value)));
        let wrong: Vec<String> =
            values.iter().filter_map(|value| judge(arg, value, &source, &known[place]).err()).collect();
        if wrong.is_empty() {
            good.extend(values.iter().filter_map(|value| argument(arg, value)));
        }
        faults.extend(wrong);
        told.push(Setting {
            name: format!("{}.{}", known[place].table, known[place].key),
            flag: arg.get_long().unwrap_or_default().to_owned(),
            value: shown(arg, &values),
            source,
        });
    }
    faults.extend(missing(&command, &said));
    let whole = skeleton(settings.iter().map(|arg| typed(arg)));
    let matches = whole.no_binary_name(true).try_get_matches_from(good)?;
    let config = C::from_arg_matches(&matches)?;
    let telemetry_faults = telemetry::faults(&|name| environment(name)?.into_string().ok());
    Ok(Loaded { config, settings: told, faults, telemetry_faults })
}

/// The setting that no file can say.
const CONFIG: &str = "config";

fn is_lack(fault: &str) -> bool {
    [NO_DATABASE, NO_IDENTITY].contains(&fault)
}

fn built(command: &Command) -> Command {
    let mut built = command.clone();
    built.build();
    built
}

fn is_setting(arg: &Arg) -> bool {
    arg.get_long().is_some()
        && matches!(arg.get_action(), ArgAction::Set | ArgAction::Append | ArgAction::SetTrue)
}

/// A command with nothing but these arguments: none needs another, and none asks the environment.
fn skeleton(args: impl Iterator<Item = Arg>) -> Command {
    Command::new("handoff").disable_help_flag(true).disable_version_flag(true).args(args)
}

fn untyped(arg: &Arg) -> Arg {
    let bare = Arg::new(arg.get_id().clone()).long(arg.get_long().unwrap_or_default().to_owned());
    let bare = bare.action(arg.get_action().clone());
    if is_switch(arg) { bare } else { bare.value_parser(ValueParser::os_string()) }
}

fn typed(arg: &Arg) -> Arg {
    let typed = untyped(arg).value_parser(arg.get_value_parser().clone());
    let typed = match arg.get_value_delimiter() {
        Some(delimiter) => typed.value_delimiter(delimiter),
        None => typed,
    };
    if is_switch(arg) { typed } else { typed.default_values(arg.get_default_values().to_vec()) }
}

fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// The one secret among the settings; others lie in files.
fn is_secret(arg: &Arg) -> bool {
    arg.is_hide_env_values_set()
}

/// The heading in `--help` is the table, and the key is the flag without the table's name before it.
fn known(arg: &Arg) -> Known {
    let table = arg.get_help_heading().unwrap_or("server").to_lowercase().replace(' ', "-");
    let flag = arg.get_long().unwrap_or_default();
    let key = flag.strip_prefix(&format!("{table}-")).unwrap_or(flag).to_owned();
    let parser = arg.get_value_parser().type_id();
    let is_number = [of::<u16>(), of::<u32>(), of::<u64>(), of::<usize>(), of::<i64>(), of::<f64>()]
        .into_iter()
        .any(|number| parser == number);
    let kind = match (is_switch(arg), arg.get_value_delimiter(), is_number) {
        (true, _, _) => Kind::Switch,
        (_, Some(_), _) => Kind::List,
        (_, _, true) => Kind::Number,
        _ if parser == of::<Duration>() => Kind::Time,
        _ => Kind::Text,
    };
    Known { table, key, kind }
}

fn of<T: 'static>() -> std::any::TypeId {
    std::any::TypeId::of::<T>()
}

/// What the command line says, if it does.
fn given(flags: &ArgMatches, arg: &Arg) -> Option<Vec<OsString>> {
    let id = arg.get_id().as_str();
    if is_switch(arg) {
        return flags.get_flag(id).then(|| vec!["true".into()]);
    }
    flags.get_many::<OsString>(id).map(|values| values.cloned().collect())
}

/// A value as an argument of the command line; none for a switch that is off.
fn argument(arg: &Arg, value: &OsStr) -> Option<OsString> {
    let mut argument = OsString::from(format!("--{}", arg.get_long().unwrap_or_default()));
    if is_switch(arg) {
        return (value == "true").then_some(argument);
    }
    argument.push("=");
    argument.push(value);
    Some(argument)
}

/// Whether a value is good, by the parser of its own flag.
fn judge(arg: &Arg, value: &OsStr, source: &Source, known: &Known) -> Result<(), String> {
    let place = match source {
        Source::Flag | Source::Default => format!("--{}", arg.get_long().unwrap_or_default()),
        Source::Environment(name) => name.clone(),
        Source::File { path, line } => {
            format!("{}, line {line}: {}.{}", path.display(), known.table, known.key)
        }
    };
    if is_secret(arg) {
        let judged = value.to_str().unwrap_or_default().parse::<DatabaseUrl>();
        return judged.map(drop).map_err(|why| format!("{place}: {why}"));
    }
    let quoted = format!(" {value:?}");
    if is_switch(arg) {
        let is_good = value == "true" || value == "false";
        return if is_good { Ok(()) } else { Err(format!("{place}:{quoted} is neither true nor false")) };
    }
    let alone = skeleton([typed(arg)].into_iter()).no_binary_name(true);
    let Err(error) = alone.try_get_matches_from(argument(arg, value)) else { return Ok(()) };
    let allowed = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(allowed)) if !allowed.is_empty() => {
            Some(format!("it is one of {}", allowed.join(", ")))
        }
        _ => None,
    };
    let why = allowed.or_else(|| std::error::Error::source(&error).map(ToString::to_string));
    let why = why.unwrap_or_else(|| "it is not of the right kind".to_owned());
    Err(format!("{place}:{quoted} cannot be used: {why}"))
}

/// What is said needs something that nobody said.
fn missing(command: &Command, said: &[OsString]) -> Vec<String> {
    let lenient = command.clone().no_binary_name(true).mut_args(|arg| {
        let arg = arg.env(Resettable::Reset);
        if is_setting(&arg) && !is_switch(&arg) { arg.value_parser(ValueParser::os_string()) } else { arg }
    });
    let Err(error) = lenient.try_get_matches_from(said) else { return Vec::new() };
    let named = |kind| match error.get(kind) {
        Some(ContextValue::Strings(names)) => names.clone(),
        Some(ContextValue::String(name)) => vec![name.clone()],
        _ => Vec::new(),
    };
    let names = named(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            names.iter().map(|name| format!("{name} is missing, and what else is set needs it")).collect()
        }
        ErrorKind::ArgumentConflict => {
            let others = named(ContextKind::PriorArg).join(", ");
            vec![format!("{} cannot be set together with {others}", names.join(", "))]
        }
        // Every value was taken as it is; a surprise is told in clap's own words.
        _ => vec![
            error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        ],
    }
}

fn shown(arg: &Arg, values: &[OsString]) -> Option<String> {
    let defaults: Vec<OsString> = arg.get_default_values().iter().map(|value| value.into()).collect();
    let values = if values.is_empty() && !is_switch(arg) { &defaults } else { values };
    if values.is_empty() {
        return is_switch(arg).then(|| "false".to_owned());
    }
    let texts = values.iter().map(|value| {
        let text = value.to_string_lossy();
        if is_secret(arg) { DatabaseUrl::masked_text(&text) } else { text.into_owned() }
    });
    Some(texts.collect::<Vec<_>>().join(","))
}
