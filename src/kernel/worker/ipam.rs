//! Requests that give addresses out: files are written, and programs are started and stopped.

use super::Worker;
use crate::kernel::refusal::Result;
use crate::kernel::request::Ipam;
use crate::kernel::{dhcp, leases};
use crate::names::MachineName;

impl Worker {
    /// Carries out a request.
    pub(super) fn give_addresses(&mut self, at: &MachineName, request: &Ipam) -> Result<()> {
        match request {
            Ipam::LeaseDirectory { network, make: true } => leases::make(at, network.as_str()),
            Ipam::LeaseDirectory { make: false, .. } => leases::remove(at),
            Ipam::Reserve { network, address, set, holder } => {
                leases::reserve(at, network.as_str(), *address, *set, holder)
            }
            Ipam::Release { network, address } => leases::release(at, network.as_str(), *address),
            Ipam::KeepFor { client, address } => leases::reserve_host(at, client.as_str(), *address),
            Ipam::Serve { link, address, lease_time } => {
                self.go(at)?;
                dhcp::serve(at, link, *address, *lease_time)
            }
            Ipam::StopServing => self.go(at).and_then(|()| dhcp::stop_serving()),
            Ipam::Lease { link, client, route } => {
                self.go(at)?;
                dhcp::lease(link, client, *route)
            }
            Ipam::ReleaseLease => self.go(at).and_then(|()| dhcp::release()),
        }
    }
}
