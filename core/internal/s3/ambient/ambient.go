// Package ambient finds the keys of an object store that the machine of the server offers:
// in the environment, in the file that programs share, or from the metadata service of a
// container or a virtual machine. Keys that expire are renewed before they do.
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

// Keys are who asks a store, and what he signs with.
type Keys struct {
	AccessKey string
	Secret    string
	Token     string    // goes with keys for a time
	Expires   time.Time // zero: never
}

// Source finds keys, and keeps them for as long as they are good. It is safe for concurrent
// use.
type Source struct {
	env    func(name string) string
	home   func() (string, error)
	client *http.Client
	now    func() time.Time

	looking sync.Mutex // held by the one who looks for keys
	held    atomic.Pointer[held]
}

// held are keys that were found.
type held struct {
	Keys
	since time.Time
	renew time.Time // from then on, somebody looks for newer ones
}

const (
	// early is how long before their end keys are renewed, if they are good for that long.
	early = 5 * time.Minute
	// lookAgain is how long keys without an end are used before they are looked for again:
	// somebody may have put others into the file.
	lookAgain = time.Minute
	// retry is the time between two failures to renew keys that are still good.
	retry = 10 * time.Second
)

// New returns a Source. Nothing is looked for before Get.
func New() *Source {
	return &Source{env: os.Getenv, home: os.UserHomeDir, client: newClient(), now: time.Now}
}

// Get returns keys that are good now. An error says where keys were looked for; it tells
// nothing of what was found there.
func (s *Source) Get(ctx context.Context) (Keys, error) {
	h, now := s.held.Load(), s.now()
	if h != nil && now.Before(h.renew) {
		return h.Keys, nil
	}
	good := h != nil && (h.Expires.IsZero() || now.Before(h.Expires))
	if !good {
		s.looking.Lock()
	} else if !s.looking.TryLock() {
		return h.Keys, nil // somebody renews them
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

// renewal is when keys that were found now are to be renewed.
func (k Keys) renewal(now time.Time) time.Time {
	if k.Expires.IsZero() {
		return now.Add(lookAgain)
	}
	left := k.Expires.Sub(now)
	return k.Expires.Add(-min(early, left/2))
}

// Refused is told of keys that a store does not take. It reports whether it is worth while to
// ask for keys again: they are not if they have just been found.
func (s *Source) Refused(k Keys) bool {
	h := s.held.Load()
	if h == nil || h.Keys != k {
		return true
	}
	return s.now().Sub(h.since) > retry && s.held.CompareAndSwap(h, nil)
}

// errNone is a place that has no keys: the next one is asked.
var errNone = errors.New("there are none")

// find asks the places one by one. What is there but cannot be used ends it: other keys than
// those that were meant are worse than none.
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

// complete returns errNone if there is nothing, and an error if there is half of what is needed.
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
