//! The secrets of the installation and of its tenants, and whether the store is well.

mod installation;
mod port;
mod tenant;
