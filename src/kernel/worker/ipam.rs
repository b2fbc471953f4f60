//! Requests that give addresses out: files are written, and programs are started and stopped.

use super::Worker;
use crate::kernel::refusal::Result;
use crate::kernel::request::Request;
use crate::kernel::{dhcp, leases};
use crate::names::MachineName;

impl Worker {
    /// Carries out a request that is not netlink's.
    pub(super) fn give_addresses(&mut self, at: &MachineName, request: &Request) -> Result<()> {
        match request {
            Request::LeaseDirectory { network, make: true } => leases::make(at, network.as_str()),
            Request::LeaseDirectory { make: false, .. } => leases::remove(at),
            Request::Reserve { network, address, set, holder } => {
                leases::reserve(at, network.as_str(), *address, *set, holder)
            }
            Request::Release { network, address } => leases::release(at, network.as_str(), *address),
            Request::DhcpHost { client, address } => leases::reserve_host(at, client.as_str(), *address),
            Request::DhcpServe { link, address, lease_time } => {
                self.go(at)?;
                dhcp::serve(at, link, *address, *lease_time)
            }
            Request::DhcpStop => self.go(at).and_then(|()| dhcp::stop_serving()),
            Request::DhcpLease { link, client, route } => {
                self.go(at)?;
                dhcp::lease(link, client, *route)
            }
            Request::DhcpRelease => self.go(at).and_then(|()| dhcp::release()),
            _ => Ok(()),
        }
    }
}
