package request

import (
	"net/http"
	"testing"
)

// TestPin simulates an attack with two clients behind a proxy that is not configured as trusted.
// Both clients have the address of the proxy, but their pins must differ, so that the attacker
// cannot pass for the victim.
func TestPin(t *testing.T) {
	t.Parallel()
	pin := func(trusted []string, remote string, headers ...string) (pin, ip string) {
		f := newFixture()
		f.settings.TrustedProxy.Headers = trusted
		r, _ := http.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		q, err := f.Begin(r)
		if err != nil {
			t.Fatal(err)
		}
		return q.Pin(r), q.Caller.IP
	}
	const proxy = "192.0.2.1:1000"
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "CF-Connecting-IP", "Fly-Client-IP", "X-Real-IP", "True-Client-IP", "X-Own"} {
		trusted := []string{}
		if header == "X-Own" {
			trusted = []string{"x-own"}
		}
		victim, victimIP := pin(trusted, proxy, header, "203.0.113.1")
		attacker, attackerIP := pin(trusted, proxy, header, "203.0.113.2")
		if header != "X-Own" && victimIP != attackerIP {
			t.Errorf("%s: the addresses differ already: %s, %s", header, victimIP, attackerIP)
		}
		if victim == attacker {
			t.Errorf("%s: two clients behind a proxy have one pin", header)
		}
		if again, _ := pin(trusted, "192.0.2.1:2000", header, "203.0.113.1"); again != victim {
			t.Errorf("%s: another connection of the same client has another pin", header)
		}
		// A second value that an attacker adds to the header must not result in the victim's pin.
		if forged, _ := pin(trusted, proxy, header, "203.0.113.1", header, "203.0.113.2"); forged == victim {
			t.Errorf("%s: a second value is overlooked", header)
		}
	}
	here, _ := pin(nil, proxy)
	if there, _ := pin(nil, "192.0.2.2:1000"); here == there {
		t.Error("two peers have one pin")
	}
	first, _ := pin(nil, proxy, "Forwarded", "a")
	if second, _ := pin(nil, proxy, "X-Real-IP", "a"); first == second {
		t.Error("a value is the same in another header")
	}
}
