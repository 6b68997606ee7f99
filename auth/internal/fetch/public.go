package fetch

import "net/netip"

// special returns reserved addresses that do not belong to the public internet (the registries of
// RFC 6890), in addition to those that package netip knows.
func special() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
		"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		// Of IPv6 only 2000::/3 is in use; within it are the addresses of tunnels, which contain
		// other addresses, and of documentation.
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

var (
	reserved      = special()
	globalUnicast = netip.MustParsePrefix("2000::/3")
)

// Public reports whether the address belongs to the public internet: not to this machine, not to a
// private network, and it does not contain another address.
func Public(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap() // ::ffff:127.0.0.1 is 127.0.0.1
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !globalUnicast.Contains(a) {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
