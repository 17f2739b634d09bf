//! Identity from headers that anybody can write: for development on one machine, never across a network.

use handoff_domain::actor::{Actor, Side};
use handoff_domain::id::is_slug;
use handoff_proto::name;
use http::HeaderMap;
use tonic::Status;

use super::roles::UnknownRole;
use super::{Identity, Roles, TenantRef};
use crate::status;

/// The tenant's slug, `acme`. A SYSTEM principal may leave it out and then sees all tenants. With other sources it chooses
/// among the tenants that the caller may act for.
pub const TENANT_HEADER: &str = "handoff-tenant";
/// The principal, `users/ada` or `services/sla`.
pub const USER_HEADER: &str = "handoff-user";
/// MARKETING, SALES or SYSTEM.
pub const SIDE_HEADER: &str = "handoff-side";
/// Roles between commas, `READER,MEMBER`; without it all of them.
pub const ROLES_HEADER: &str = "handoff-roles";

/// Reads the identity that the headers claim.
///
/// # Errors
/// UNAUTHENTICATED, naming the header that is missing or wrong.
pub(super) fn identify(headers: &HeaderMap) -> Result<Identity, Status> {
    let user = get(headers, USER_HEADER)?.ok_or_else(|| missing(USER_HEADER, "users/ada"))?;
    let slug = name::slug("users", user).or_else(|| name::slug("services", user));
    if !slug.is_some_and(is_slug) {
        return Err(wrong(USER_HEADER, "a principal such as users/ada or services/sla"));
    }
    let side: Side = get(headers, SIDE_HEADER)?
        .ok_or_else(|| missing(SIDE_HEADER, "SALES"))?
        .parse()
        .map_err(|_| wrong(SIDE_HEADER, "MARKETING, SALES or SYSTEM"))?;
    let tenant = match get(headers, TENANT_HEADER)? {
        Some(slug) if is_slug(slug) => Some(TenantRef::from_slug(slug)),
        Some(_) => return Err(wrong(TENANT_HEADER, "a tenant's name such as acme")),
        None if side == Side::System => None,
        None => return Err(missing(TENANT_HEADER, "acme")),
    };
    let roles = match get(headers, ROLES_HEADER)? {
        Some(text) => {
            text.parse().map_err(|UnknownRole| wrong(ROLES_HEADER, "roles such as READER,MEMBER"))?
        }
        None => Roles::ALL.into_iter().collect(),
    };
    Ok(Identity { tenant, actor: Actor { principal: user.to_owned(), side }, roles })
}

/// The header's only value. One that comes twice could be read differently by a proxy and by us.
pub(super) fn get<'h>(headers: &'h HeaderMap, header: &'static str) -> Result<Option<&'h str>, Status> {
    let mut values = headers.get_all(header).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| wrong(header, "plain ASCII")),
        (Some(_), Some(_)) => Err(wrong(header, "one value")),
    }
}

fn missing(header: &str, example: &str) -> Status {
    status::unauthenticated(format!("the header {header} is missing; for example {header}: {example}"))
}

fn wrong(header: &str, expected: &str) -> Status {
    status::unauthenticated(format!("the header {header} is not {expected}"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tonic::Code;

    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn check_refused(fields: &[(&'static str, &'static str)], header: &str) {
        let refusal = identify(&headers(fields)).expect_err("it must not be believed");
        assert_eq!(refusal.code(), Code::Unauthenticated);
        assert!(refusal.message().contains(header), "{}", refusal.message());
    }

    const ADA: (&str, &str) = (USER_HEADER, "users/ada");
    const ACME: (&str, &str) = (TENANT_HEADER, "acme");
    const SALES: (&str, &str) = (SIDE_HEADER, "SALES");
    const SYSTEM: (&str, &str) = (SIDE_HEADER, "SYSTEM");

    #[test]
    fn three_headers_make_an_identity() {
        let identity = identify(&headers(&[ADA, ACME, SALES])).expect("an identity");
        assert_eq!(identity.tenant().expect("a tenant").slug, "acme");
        assert_eq!(identity.actor, Actor { principal: "users/ada".into(), side: Side::Sales });
    }

    #[test]
    fn roles_are_all_unless_they_are_named() {
        let all = identify(&headers(&[ADA, ACME, SALES])).expect("an identity").roles;
        assert!(Roles::ALL.iter().all(|role| all.has_any_of(&[*role])));
        let some =
            identify(&headers(&[ADA, ACME, SALES, (ROLES_HEADER, "READER, ADMIN")])).expect("an identity");
        assert_eq!(some.roles.to_string(), "READER,ADMIN");
        check_refused(&[ADA, ACME, SALES, (ROLES_HEADER, "ROOT")], ROLES_HEADER);
    }

    #[test]
    fn only_the_system_may_act_for_no_tenant_and_not_where_one_is_needed() {
        check_refused(&[ADA, SALES], TENANT_HEADER);
        let identity = identify(&headers(&[(USER_HEADER, "services/sla"), SYSTEM])).expect("an identity");
        assert_eq!(identity.tenant, None);
        assert_eq!(identity.tenant().expect_err("none").code(), Code::PermissionDenied);
    }

    #[test]
    fn a_header_that_is_missing_wrong_or_doubled_is_named() {
        check_refused(&[ACME, SALES], USER_HEADER);
        check_refused(&[ADA, ACME], SIDE_HEADER);
        for user in ["ada", "users/", "users/Ada", "users/a/b", "teams/north"] {
            check_refused(&[(USER_HEADER, user), ACME, SALES], USER_HEADER);
        }
        check_refused(&[ADA, (TENANT_HEADER, "Acme Inc"), SALES], TENANT_HEADER);
        check_refused(&[ADA, (TENANT_HEADER, ""), SYSTEM], TENANT_HEADER);
        check_refused(&[ADA, ACME, (SIDE_HEADER, "sales")], SIDE_HEADER);
        check_refused(&[ADA, ACME, (TENANT_HEADER, "other"), SALES], TENANT_HEADER);
    }
}
