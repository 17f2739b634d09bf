//! The metrics: the numbers of the requirements, the edge cases by their numbers, the laws, and real data.

mod acceptance;
mod attainment;
mod breakdown;
mod business_day;
mod conversion;
mod definition;
mod efficiency;
mod given;
mod law;
mod loan_applications;
mod olist;
mod statistics;
mod statistics_law;
mod velocity;
mod verdict;
