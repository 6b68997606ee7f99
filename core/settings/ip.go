package settings

import (
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
)

// RealIP is the address of the client, IPv6 written out in full: what a trusted
// header says if one does, else the peer of the connection ("host:port" or an
// address alone). Headers are by their canonical names. "" if nothing is an address.
func (t TrustedProxy) RealIP(headers map[string][]string, remote string) string {
	for _, name := range t.Headers {
		values := headers[textproto.CanonicalMIMEHeaderKey(name)]
		if len(values) == 0 {
			continue
		}
		list := strings.Split(values[len(values)-1], ",")
		if !t.UseLeftmostIP {
			slices.Reverse(list)
		}
		for _, item := range list {
			if ip, err := netip.ParseAddr(strings.TrimSpace(item)); err == nil {
				return formatIP(ip)
			}
		}
	}
	if peer, err := netip.ParseAddrPort(remote); err == nil {
		return formatIP(peer.Addr())
	}
	if ip, err := netip.ParseAddr(remote); err == nil {
		return formatIP(ip)
	}
	return ""
}

func formatIP(ip netip.Addr) string { return ip.Unmap().WithZone("").StringExpanded() }

// SuperuserAllowed says whether superusers may come from that address.
func (s *Settings) SuperuserAllowed(ip string) bool {
	return len(s.SuperuserIPs) == 0 || matchesIP(s.SuperuserIPs, ip)
}

// matchesIP says whether the address is in one of the networks.
func matchesIP(list []string, ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(list, func(s string) bool {
		network, ok := parseNetwork(s)
		return ok && network.Contains(addr)
	})
}

// parseNetwork reads an address, which is a network of one, or a network.
func parseNetwork(s string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}
