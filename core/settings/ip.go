package settings

import (
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
)

// RealIP is the address of the client, IPv6 written out in full: what the first trusted
// header that is there says, else the peer of the connection ("host:port" or an address
// alone). Headers are by their canonical names. "" if nothing is an address.
//
// One entry of the header counts, the right-most or the left-most one. If it is no
// address, the peer's is taken: the entries beside it may be the client's invention.
func (t TrustedProxy) RealIP(headers map[string][]string, remote string) string {
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

// parseHost is the address in "address", "address:port" or "[address]", "" if there is
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
