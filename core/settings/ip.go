// The real IP of a client behind trusted proxies, and the networks that superusers may come
// from.

package settings

import (
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
)

// Trusts reports whether the headers of a peer ("host:port" or an address alone) are
// believed: it is one of Peers, or there are none of them but Headers.
func (t TrustedProxy) Trusts(remote string) bool {
	if len(t.Headers) == 0 {
		return false
	}
	return len(t.Peers) == 0 || matchesIP(t.Peers, parseHost(remote))
}

// TrustsEverybody reports whether clients that come without a proxy can choose their
// address: Headers are believed, whoever sends them.
func (t TrustedProxy) TrustsEverybody() bool { return len(t.Headers) > 0 && len(t.Peers) == 0 }

// RealIP returns the address of the client: from the first trusted header that is present,
// else the peer of the connection ("host:port" or an address alone), which is also that of a
// peer whose headers are not believed. IPv6 is written out in full. headers are by their
// canonical names. "" if nothing is an address.
//
// Of a list in the header, the right-most entry counts (with UseLeftmostIP the left-most).
// If it is no address, the peer's address is taken: other entries may be the client's
// invention.
func (t TrustedProxy) RealIP(headers map[string][]string, remote string) string {
	if !t.Trusts(remote) {
		return parseHost(remote)
	}
	for _, name := range t.Headers {
		values := headers[textproto.CanonicalMIMEHeaderKey(name)]
		if len(values) == 0 {
			continue
		}
		list := strings.Split(values[len(values)-1], ",")
		entry := list[len(list)-1]
		if t.UseLeftmostIP {
			entry = list[0]
		}
		if ip := parseHost(strings.TrimSpace(entry)); ip != "" {
			return ip
		}
		break
	}
	return parseHost(remote)
}

// parseHost returns the address in "address", "address:port" or "[address]"; "" if there is
// none.
func parseHost(s string) string {
	if peer, err := netip.ParseAddrPort(s); err == nil {
		return formatIP(peer.Addr())
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = s[1 : len(s)-1]
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return formatIP(ip)
	}
	return ""
}

// formatIP writes an address in its one form: IPv4 as such, IPv6 in full, without a zone.
func formatIP(ip netip.Addr) string { return ip.Unmap().WithZone("").StringExpanded() }

// SuperuserAllowed reports whether superusers may come from the address. An empty list
// allows every address.
func (s *Settings) SuperuserAllowed(ip string) bool {
	return len(s.SuperuserIPs) == 0 || matchesIP(s.SuperuserIPs, ip)
}

// matchesIP reports whether the address is in one of the networks. What is no address is in
// none.
func matchesIP(list []string, ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(list, func(s string) bool {
		network, ok := ParseNetwork(s)
		return ok && network.Contains(addr)
	})
}

// ParseNetwork parses a network as the settings have it, or an address, which is a network
// of one. ok is false for anything else.
func ParseNetwork(s string) (network netip.Prefix, ok bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}
