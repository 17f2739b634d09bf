//! The sample's company: its teams, its people and its sources of leads, with what is wrong with two of them.

use chrono_tz::Tz;
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{OriginChannel, Team, User};

/// Where it works.
pub const TIME_ZONE: Tz = Tz::Europe__Rome;
/// What it is paid in.
pub const CURRENCY: &str = "EUR";

const HOUR: i64 = 3_600;

/// A team of sales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SalesTeam {
    pub(crate) name: &'static str,
    /// How long it takes to decide, in seconds of office hours. Two business days are the target.
    pub(crate) decides_after: i64,
    pub(crate) members: [&'static str; 4],
}

/// `north` is the slow team: three business days where two are agreed (R32).
pub(crate) const SALES_TEAMS: [SalesTeam; 3] = [
    SalesTeam { name: "north", decides_after: 31 * HOUR, members: ["anna", "bruno", "carla", "dario"] },
    SalesTeam { name: "centre", decides_after: 6 * HOUR, members: ["elena", "fabio", "greta", "hugo"] },
    SalesTeam { name: "south", decides_after: 9 * HOUR, members: ["irene", "jacopo", "katia", "luca"] },
];

/// A source of leads. Chances are in parts of 1,000.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channel {
    pub(crate) channel: OriginChannel,
    pub(crate) source: &'static str,
    pub(crate) medium: &'static str,
    pub(crate) campaign: &'static str,
    /// How often a lead comes from it.
    pub(crate) weight: u64,
    /// How often a lead becomes an MQL.
    pub(crate) qualifies: u64,
    /// How often sales accepts it.
    pub(crate) accepted: u64,
}

/// `leadmarket` is the bad channel: bought lists look like interest, and sales rejects most of them.
pub(crate) const CHANNELS: [Channel; 8] = [
    channel(OriginChannel::Marketing, "google", "organic", "", 250, 240, 660),
    channel(OriginChannel::Marketing, "google", "cpc", "crm-software", 190, 230, 600),
    channel(OriginChannel::Marketing, "linkedin", "social", "sales-leaders", 140, 200, 580),
    channel(OriginChannel::Marketing, "newsletter", "email", "monthly", 120, 220, 700),
    channel(OriginChannel::Marketing, "webinar", "event", "sla-in-practice", 90, 330, 720),
    channel(OriginChannel::Marketing, "leadmarket", "list", "bought-lists", 110, 420, 130),
    channel(OriginChannel::Partner, "resellers", "referral", "", 60, 350, 740),
    channel(OriginChannel::SalesDevelopment, "outbound", "phone", "", 40, 450, 640),
];

const fn channel(
    channel: OriginChannel,
    source: &'static str,
    medium: &'static str,
    campaign: &'static str,
    weight: u64,
    qualifies: u64,
    accepted: u64,
) -> Channel {
    Channel { channel, source, medium, campaign, weight, qualifies, accepted }
}

/// The teams, those of sales and one of marketing.
pub fn teams() -> Vec<Team> {
    let team =
        |name: &str, side: Side| Team { name: format!("teams/{name}"), side: side.into(), ..Team::default() };
    let sales = SALES_TEAMS.iter().map(|sales| team(sales.name, Side::Sales));
    sales.chain([team("demand", Side::Marketing)]).collect()
}

/// The people of the teams.
pub fn users() -> Vec<User> {
    let user = |slug: &str, team: &str, side: Side| {
        let mut letters = slug.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        User {
            name: format!("users/{slug}"),
            display_name: first.into_iter().chain(letters).collect(),
            email: format!("{slug}@company.example"),
            side: side.into(),
            team: format!("teams/{team}"),
            active: true,
            ..User::default()
        }
    };
    let sales =
        SALES_TEAMS.iter().flat_map(|team| team.members.map(|member| user(member, team.name, Side::Sales)));
    sales.chain([user("mia", "demand", Side::Marketing)]).collect()
}
