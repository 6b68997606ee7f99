// The settings service: reading, patching and loading the settings document, within a transaction
// or by itself.

package settings

import (
	"bytes"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Service reads and changes the settings. It is safe for concurrent use. Errors that a caller may
// see are faults; all other errors are internal.
type Service struct {
	cfg       Config
	published *publisher                // shared by a Service and the Services bound to its transactions
	staged    *atomic.Pointer[Settings] // the settings in the transaction; nil unless bound, see Bind
	later     func(fn func())           // calls fn when the transaction is durable; at once if unbound
	sealer    *Sealer                   // nil if the settings are stored in plain text
}

// Config holds the dependencies of a Service. Store and Changes are required.
type Config struct {
	Store   store.Store
	Changes record.Appender // receives every change of the settings
	// ChannelRule checks a rule of channels with that many wildcards in their pattern. It is
	// required for setting channels.
	ChannelRule func(wildcards int, rule string) error
	Key         string           // encrypts the stored settings, see CheckKey; "" for plain text
	Log         *slog.Logger     // default: nothing is logged
	Now         func() time.Time // default time.Now
	Hooks       *Hooks           // default: none
	HookLimit   time.Duration    // for all handlers of one hook together; default 10 s
	// Reload starts a Load in the background and returns at once. The Service calls it when the current
	// settings may be older than the stored settings. Default: a function that does nothing.
	Reload func()
}

// ErrChanged is the fault of PatchFrom for settings that are not the stored settings any more.
var ErrChanged error = fault.New(fault.Unavailable, "Somebody else has just changed the settings. Save again.")

// New returns a Service with the default settings; Load replaces them by the stored settings.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Hooks == nil {
		c.Hooks = &Hooks{}
	}
	if c.HookLimit <= 0 {
		c.HookLimit = 10 * time.Second
	}
	if c.Reload == nil {
		c.Reload = func() {}
	}
	s := &Service{cfg: c, published: &publisher{log: c.Log}, sealer: newSealer(c.Key), later: func(fn func()) { fn() }}
	s.published.current.Store(Defaults())
	return s
}

// Bind returns a Service within a transaction that the caller runs: it reads and writes through tx
// and appends its changes to changes. Its Current returns the settings that the transaction has
// written; Services bound from the returned Service share these settings. Other Services get the
// settings, and observers are called, when the transaction is durable. later calls fn at that time.
func (s *Service) Bind(tx store.Store, changes record.Appender, later func(fn func())) *Service {
	bound := &Service{cfg: s.cfg, published: s.published, staged: s.staged, sealer: s.sealer, later: later}
	bound.cfg.Store, bound.cfg.Changes = tx, changes
	if s.staged == nil {
		bound.staged = new(atomic.Pointer[Settings])
		bound.staged.Store(s.Current())
	}
	return bound
}

// Restage resets Current of a bound Service to an earlier result, after a part of its transaction
// was undone. It has no effect on a Service that is not bound.
func (s *Service) Restage(earlier *Settings) { s.stage(earlier) }

// Current returns the current settings, secrets included, for internal code. They are shared and
// must not be changed. A request calls Current once, so that it uses one state.
func (s *Service) Current() *Settings {
	if s.staged != nil {
		return s.staged.Load()
	}
	return s.published.current.Load()
}

// Get returns the settings for a caller. A caller who is not a superuser gets the fault of
// record.Caller.RequireSuperuser. The result is shared and must not be changed.
func (s *Service) Get(ctx context.Context, caller record.Caller) (found *Settings, err error) {
	e := &RequestEvent{Operation: OpView, Caller: caller}
	err = s.around(ctx, e, func(e *RequestEvent) error {
		if err := e.Caller.RequireSuperuser(); err != nil {
			return err
		}
		found = s.Current()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Load reads the stored settings and makes them current, calling the observers if
// they differ. Properties that the stored document leaves out have their defaults.
func (s *Service) Load(ctx context.Context) error {
	for {
		before := s.published.current.Load()
		var loaded *Settings
		err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
			loaded, err = s.read(r)
			return err
		})
		if err != nil {
			return err
		}
		// If a write was published meanwhile, the settings that were read may be older.
		if s.published.publishIf(before, loaded) {
			return nil
		}
	}
}

// Reread reads the settings in tx, which has written them by SQL, and makes them current when tx is
// durable. Settings that cannot be read, or are not valid, are a fault.Invalid.
func (s *Service) Reread(tx store.Tx) error {
	const refused = "the settings could not be used any more: "
	next, err := s.read(tx)
	if fault.KindOf(err) == fault.Unavailable {
		return err
	}
	if err != nil {
		return fault.New(fault.Invalid, refused+err.Error())
	}
	if fails := next.validate(); len(fails) > 0 {
		return fault.New(fault.Invalid, refused+strings.Join(fails.Lines(), "; "))
	}
	s.publishAfter(tx, next)
	return nil
}

// Patch merges a JSON object into the stored settings and returns the result. The result is
// current, and observers have been called, when Patch returns. A body that changes nothing writes
// nothing. A caller who is not a superuser gets the fault of record.Caller.RequireSuperuser; a body
// that cannot be decoded, or settings that are not valid, a fault.Invalid.
func (s *Service) Patch(ctx context.Context, caller record.Caller, body []byte) (patched *Settings, err error) {
	return s.update(ctx, &RequestEvent{Operation: OpUpdate, Caller: caller, Body: body})
}

// PatchFrom is Patch for a body that was made from settings which Current or Get has returned. If
// the stored settings differ from these, whichever process has changed them, nothing is written and
// the error is ErrChanged. The settings that Current returns after a Load may be tried again.
func (s *Service) PatchFrom(ctx context.Context, caller record.Caller, from *Settings, body []byte) (patched *Settings, err error) {
	return s.update(ctx, &RequestEvent{Operation: OpUpdate, Caller: caller, Body: body, from: from})
}

// update does the work of Patch and PatchFrom.
func (s *Service) update(ctx context.Context, e *RequestEvent) (patched *Settings, err error) {
	err = s.around(ctx, e, func(e *RequestEvent) error {
		if err := e.Caller.RequireSuperuser(); err != nil {
			return err
		}
		if patched = s.Current(); len(bytes.TrimSpace(e.Body)) == 0 {
			return nil
		}
		if patched, err = s.patch(e.Context, e); err != nil {
			s.runAfterFailure(e.Context, e, err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return patched, nil
}

// Preview returns the current settings with the body merged into them, as Patch would store them,
// and stores nothing. No hooks run. A caller who is not a superuser gets the fault of
// record.Caller.RequireSuperuser; a body that cannot be decoded, an empty body included, or
// settings that are not valid, a fault.Invalid.
func (s *Service) Preview(caller record.Caller, body []byte) (*Settings, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	return s.Current().patched(body)
}

// patch does the work of Patch for a body that is not empty, within the Request hooks.
func (s *Service) patch(ctx context.Context, e *RequestEvent) (*Settings, error) {
	if err := s.cfg.Hooks.Before.Run(ctx, s.call("before"), e); err != nil {
		return nil, err
	}
	write := s.cfg.Store.Write
	if !s.cfg.Hooks.InTx.Empty() {
		write = s.cfg.Store.Exclusive // the transaction may take as long as its handlers
	}
	done := &Event{Caller: e.Caller}
	err := write(ctx, func(tx store.Tx) (err error) {
		if done.Old, err = s.read(tx); err != nil {
			return err
		}
		if e.from != nil && !reflect.DeepEqual(done.Old, e.from) {
			return ErrChanged
		}
		if done.New, err = done.Old.patched(e.Body); err != nil {
			return err
		}
		if err := done.New.Realtime.Channels.checkRules(done.Old.Realtime.Channels, s.cfg.ChannelRule); err != nil {
			return err
		}
		if reflect.DeepEqual(done.Old, done.New) {
			s.publishAfter(tx, done.New)
		} else if err := s.save(tx, e.Caller, done.New); err != nil {
			return err
		}
		return s.runInTx(ctx, done)
	})
	if err != nil {
		return nil, err
	}
	s.stage(done.New)
	s.runAfterSuccess(ctx, done)
	return done.New, nil
}

// patched returns the settings with a JSON object merged into them, validated.
func (s *Settings) patched(body []byte) (*Settings, error) {
	next, err := s.merged(body)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "An error occurred while loading the submitted data.", err)
	}
	if fails := next.validate(); len(fails) > 0 {
		return nil, fault.Invalidate("An error occurred while saving the new settings.", fails)
	}
	return next, nil
}

// save writes the settings and their row of the change log, and publishes them when
// tx is durable.
func (s *Service) save(tx store.Tx, caller record.Caller, next *Settings) error {
	if err := s.write(tx, next); err != nil {
		return err
	}
	s.publishAfter(tx, next)
	return s.cfg.Changes.Append(tx, []change.Change{{Kind: change.Settings, Action: change.Update, By: caller.Actor()}})
}

// publishAfter makes the settings current after the commit of tx. If other settings have become
// current since the call, another process may have committed them later than tx. publishAfter then
// asks for a reload of the stored settings.
func (s *Service) publishAfter(tx store.Tx, next *Settings) {
	before := s.published.current.Load()
	tx.OnCommit(func() {
		if !s.published.publishIf(before, next) {
			s.published.publish(next)
			s.cfg.Reload()
		}
	})
}

// stage makes next the current settings of the rest of the transaction, if s is bound to one.
func (s *Service) stage(next *Settings) {
	if s.staged != nil {
		s.staged.Store(next)
	}
}
