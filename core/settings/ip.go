// The real IP of a client behind trusted proxies, and the networks from which superusers may
// connect.

package settings

import (
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
)

// Trusts reports whether the headers of a peer ("host:port" or an address alone) are trusted: the
// peer is among Peers, or Peers is empty and Headers is not.
func (t TrustedProxy) Trusts(remote string) bool {
	if len(t.Headers) == 0 {
		return false
	}
	return len(t.Peers) == 0 || matchesIP(t.Peers, parseHost(remote))
}

// TrustsEverybody reports whether clients that connect without a proxy can choose their address:
// Headers are trusted from every sender.
func (t TrustedProxy) TrustsEverybody() bool { return len(t.Headers) > 0 && len(t.Peers) == 0 }

// RealIP returns the address of the client: from the first trusted header that is present, else the
// peer of the connection ("host:port" or an address alone). For a peer whose headers are not
// trusted it is always the address of the peer. IPv6 is written out in full. The keys of headers
// are canonical. It is "" if no address is found.
//
// From a list in the header the right-most entry is taken (with UseLeftmostIP the left-most). If
// that entry is not an address, the peer's address is taken: the client may have made up other
// entries.
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

// parseHost returns the address in "address", "address:port" or "[address]"; "" for any other text.
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

// formatIP formats an address: IPv4 as such, IPv6 in full, without a zone.
func formatIP(ip netip.Addr) string { return ip.Unmap().WithZone("").StringExpanded() }

// SuperuserAllowed reports whether superusers may connect from the address. An empty list allows
// every address.
func (s *Settings) SuperuserAllowed(ip string) bool {
	return len(s.SuperuserIPs) == 0 || matchesIP(s.SuperuserIPs, ip)
}

// matchesIP reports whether the address is in one of the networks. It is false for a text that is
// not an address.
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

// ParseNetwork parses a network of the settings, or an address, which is a network of one address.
// ok is false for any other text.
func ParseNetwork(s string) (network netip.Prefix, ok bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}
