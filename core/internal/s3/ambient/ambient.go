// Package ambient finds the keys of an object store on the machine of the server: in the
// environment, in the credentials file that programs share, or from the metadata service of a
// container or a virtual machine. Keys that expire are renewed in time.
package ambient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Keys identify a client of a store and sign its requests.
type Keys struct {
	AccessKey string
	Secret    string
	Token     string    // session token of temporary keys
	Expires   time.Time // zero: never
}

// Source finds keys, and caches them while they are valid. It is safe for concurrent use.
type Source struct {
	env    func(name string) string
	home   func() (string, error)
	client *http.Client
	now    func() time.Time

	looking sync.Mutex // held by the goroutine that searches for keys
	held    atomic.Pointer[held]
}

// held are cached keys.
type held struct {
	Keys
	since time.Time
	renew time.Time // time from which newer keys are searched for
}

const (
	// early is the time before their expiry at which keys are renewed, if they are valid for that
	// long.
	early = 5 * time.Minute
	// lookAgain is the time after which keys without expiry are searched for again: the file may
	// have changed.
	lookAgain = time.Minute
	// retry is the time between two failed renewals of keys that are still valid.
	retry = 10 * time.Second
)

// New returns a Source. It searches for keys when Get is called.
func New() *Source {
	return &Source{env: os.Getenv, home: os.UserHomeDir, client: newClient(), now: time.Now}
}

// Get returns valid keys. The error names the places of the search, but nothing that was found
// there.
func (s *Source) Get(ctx context.Context) (Keys, error) {
	h, now := s.held.Load(), s.now()
	if h != nil && now.Before(h.renew) {
		return h.Keys, nil
	}
	good := h != nil && (h.Expires.IsZero() || now.Before(h.Expires))
	if !good {
		s.looking.Lock()
	} else if !s.looking.TryLock() {
		return h.Keys, nil // another goroutine renews them
	}
	defer s.looking.Unlock()
	if next := s.held.Load(); next != nil && next != h {
		return next.Keys, nil
	}
	keys, err := s.find(ctx)
	if err != nil {
		if good {
			s.held.Store(&held{h.Keys, h.since, now.Add(retry)})
			return h.Keys, nil
		}
		return Keys{}, fmt.Errorf("keys of the object store: %w", err)
	}
	s.held.Store(&held{keys, now, keys.renewal(now)})
	return keys, nil
}

// renewal returns the time at which keys that were found now must be renewed.
func (k Keys) renewal(now time.Time) time.Time {
	if k.Expires.IsZero() {
		return now.Add(lookAgain)
	}
	left := k.Expires.Sub(now)
	return k.Expires.Add(-min(early, left/2))
}

// Refused is called with keys that a store has refused. It reports whether to call Get again: not
// if the keys have just been found.
func (s *Source) Refused(k Keys) bool {
	h := s.held.Load()
	if h == nil || h.Keys != k {
		return true
	}
	return s.now().Sub(h.since) > retry && s.held.CompareAndSwap(h, nil)
}

// errNone is the error of a place without keys: the search continues.
var errNone = errors.New("there are none")

// find searches the places one by one. It ends at a place whose keys cannot be used: other keys
// than the intended ones are worse than none.
func (s *Source) find(ctx context.Context) (Keys, error) {
	for _, place := range []func(context.Context) (Keys, error){s.environment, s.file, s.container, s.machine} {
		keys, err := place(ctx)
		if !errors.Is(err, errNone) {
			return keys, err
		}
	}
	return Keys{}, errors.New("neither the environment, nor the shared file, nor a metadata service has any")
}

// environment finds keys in the environment of the process.
func (s *Source) environment(context.Context) (Keys, error) {
	k := Keys{AccessKey: s.env("AWS_ACCESS_KEY_ID"), Secret: s.env("AWS_SECRET_ACCESS_KEY"), Token: s.env("AWS_SESSION_TOKEN")}
	return k.complete("the environment")
}

// complete returns errNone if there are no keys, and an error if one of them is missing.
func (k Keys) complete(place string) (Keys, error) {
	switch {
	case k.AccessKey == "" && k.Secret == "":
		return Keys{}, errNone
	case k.AccessKey == "":
		return Keys{}, fmt.Errorf("%s has a secret and no access key", place)
	case k.Secret == "":
		return Keys{}, fmt.Errorf("%s has an access key and no secret", place)
	}
	return k, nil
}
