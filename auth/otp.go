package auth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// OTPForm is the input of signing in with a one-time password.
type OTPForm struct {
	OTPID    string `json:"otpId"` // the id that RequestOTP has returned
	Password string `json:"password"`
}

const (
	maxOTPs     = 10 // usable one-time passwords of one record
	otpCost     = 8  // of the hashes of one-time passwords
	maxOTPInput = 71
)

// otps is the Method "otp".
type otps struct{ *Service }

func (otps) Name() string { return "otp" }

func (otps) Form() any { return &OTPForm{} }

func (otps) Enabled(c *schema.Collection) error {
	if c.Auth.OTP.Enabled {
		return nil
	}
	return fault.New(fault.Forbidden, "The collection is not configured to allow OTP authentication.")
}

func (otps) Describe(_ context.Context, c *schema.Collection, m *Methods) {
	m.OTP = TimedMethod{Enabled: true, Duration: c.Auth.OTP.Duration}
}

// RequestOTP mails a one-time password to the address, and returns the id to use it with. For an
// address without an account it sends no mail and returns a made-up id, which cannot be
// distinguished from a real one. If ten passwords of the account are usable, it makes no new
// password, and returns the id of the newest.
func (s *Service) RequestOTP(ctx context.Context, caller record.Caller, collection string, form EmailForm) (string, error) {
	c, err := s.collection(collection)
	if err != nil {
		return "", err
	}
	if err := (otps{}).Enabled(c); err != nil {
		return "", err
	}
	if err := form.validate(); err != nil {
		return "", err
	}
	if err := s.reserve(); err != nil {
		return "", err
	}
	working := false
	defer func() {
		if !working {
			s.release()
		}
	}()
	r, err := s.findByEmail(ctx, c, form.Email)
	if err != nil {
		return "", err
	}
	id := newID()
	who := id // without an account the same query runs, and finds nothing
	if r != nil {
		who = r.ID()
	}
	earlier := s.otps.add(who, id)
	defer func() {
		if !working {
			s.otps.remove(who, id)
		}
	}()
	usable, err := s.usableOTPs(ctx, c, who)
	if err != nil {
		return "", err
	}
	if newest, full := fullOTPs(usable, earlier); full {
		return newest, nil
	}
	if r != nil {
		working = true
		s.later(r, "request of a one-time password", func(ctx context.Context) error {
			defer s.otps.remove(who, id)
			return s.runFlow(ctx, &s.hooks.RequestOTP, caller, r, "", func() error { return s.mailOTP(ctx, caller, r, id) })
		})
	}
	return id, nil
}

// fullOTPs reports whether a record has as many one-time passwords as it may have, and returns the
// id of the newest. stored are the stored ones, the newest first; promised are the ids of the
// promised ones, the oldest first.
func fullOTPs(stored []*record.Record, promised []string) (newest string, full bool) {
	room := maxOTPs
	for _, r := range stored {
		if !slices.Contains(promised, r.ID()) {
			room--
		}
	}
	switch {
	case room <= 0:
		return stored[0].ID(), true
	case len(promised) >= room:
		return promised[room-1], true // the promises after it are refused too
	}
	return "", false
}

// promisedOTPs are the ids of one-time passwords that are being made and are not stored yet, by
// record. They count as stored ones do, so that concurrent requests cannot exceed the limit of a
// record.
type promisedOTPs struct {
	mu  sync.Mutex // guards ids
	ids map[string][]string
}

// add promises a one-time password to a record, and returns the ids promised earlier.
func (p *promisedOTPs) add(recordID, id string) (earlier []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids == nil {
		p.ids = map[string][]string{}
	}
	earlier = p.ids[recordID]
	p.ids[recordID] = append(slices.Clip(earlier), id)
	return earlier
}

// remove ends a promise: the one-time password is stored, or will not be made.
func (p *promisedOTPs) remove(recordID, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(p.ids[recordID]), func(other string) bool { return other == id })
	if len(left) == 0 {
		delete(p.ids, recordID)
		return
	}
	p.ids[recordID] = left
}

func newID() string { return schema.RandomString(15, schema.AlphabetID) }

// usableOTPs returns the one-time passwords of the record that have not expired, the newest first.
func (s *Service) usableOTPs(ctx context.Context, c *schema.Collection, recordID string) ([]*record.Record, error) {
	return s.app.Records().Find(ctx, record.Root(), record.Query{
		Collection: schema.OTPs, Filter: "collectionRef = {:collection} && recordRef = {:record} && created > {:begin}",
		Params: map[string]any{"collection": c.ID, "record": recordID, "begin": s.app.Now().Add(-seconds(c.Auth.OTP.Duration))},
		Sort:   "-created", Limit: maxOTPs,
	})
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// mailOTP makes a one-time password with that id and mails it. If the mail cannot be sent, the
// password is deleted.
func (s *Service) mailOTP(ctx context.Context, caller record.Caller, r *record.Record, id string) error {
	email := r.Text("email")
	digits, err := s.storeOTP(ctx, r, id, email)
	if err != nil {
		return err
	}
	m := s.mailTo(email, r, mail.OTP, mail.Values{OTP: digits, OTPID: id, Accept: acceptOf(caller)})
	m.Expires = s.app.Now().Add(seconds(r.Collection().Auth.OTP.Duration))
	failed := func(err error) {
		if err == nil {
			return
		}
		s.app.Go("deletion of a one-time password", func(ctx context.Context) error {
			return ignoreGone(s.app.Records().Delete(ctx, record.Root(), schema.OTPs, id))
		})
	}
	failed(s.app.Mails().Queue(m, failed)) // Queue has logged the error
	return nil
}

// storeOTP stores a new one-time password with that id, and returns it. sentTo is the address to
// which it is mailed; "" for none.
func (s *Service) storeOTP(ctx context.Context, r *record.Record, id, sentTo string) (digits string, err error) {
	digits = schema.RandomString(min(max(4, r.Collection().Auth.OTP.Length), maxOTPInput), "0123456789")
	_, err = s.app.Records().Create(ctx, record.Root(), schema.OTPs, record.Input{Body: map[string]any{
		"id": id, "collectionRef": r.Collection().ID, "recordRef": r.ID(), "password": digits, "sentTo": sentTo,
	}})
	return digits, err
}

// OTP is a one-time password for use without a mail.
type OTP struct {
	ID, Password string
	Valid        time.Duration
}

// NewOTP makes a one-time password for the record with that address, without a mail. It is for the
// command line of an operator whose mails do not arrive. The fault is NotFound if there is no such
// record, and Forbidden if the collection does not allow sign-ins by one-time passwords.
func (s *Service) NewOTP(ctx context.Context, collection, email string) (*OTP, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	if err := (otps{}).Enabled(c); err != nil {
		return nil, err
	}
	r, err := s.findByEmail(ctx, c, email)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fault.New(fault.NotFound, "There is no account of "+email+".")
	}
	id := newID()
	digits, err := s.storeOTP(ctx, r, id, "")
	return &OTP{ID: id, Password: digits, Valid: seconds(c.Auth.OTP.Duration)}, err
}

// errOTP returns the fault of a one-time password that is not valid. It is the same for every
// cause; why is for the log.
func errOTP(why string) error {
	return fault.Wrap(fault.Invalid, "Invalid or expired OTP", fmt.Errorf("auth: one-time password: %s", why))
}

func (m otps) Finish(ctx context.Context, a Attempt) (Proof, error) {
	form, c := a.Form.(*OTPForm), a.Collection
	fails := fault.Fields{}
	fails.Set(checkInput(form.OTPID), "otpId")
	fails.Set(checkSecret(form.Password, maxOTPInput), "password")
	if err := formFault(fails); err != nil {
		return Proof{}, err
	}
	passwords := m.app.Passwords().For(a.Caller.Share())
	otp, err := m.app.Records().FindByID(ctx, schema.OTPs, form.OTPID)
	if err := ignoreGone(err); err != nil {
		return Proof{}, err
	}
	switch {
	case otp == nil || otp.Text("collectionRef") != c.ID:
		return Proof{}, cmp.Or(passwords.Burn(ctx, form.Password, otpCost), errOTP("unknown"))
	case !m.app.Now().Before(otp.Time("created").Add(seconds(c.Auth.OTP.Duration))):
		return Proof{}, cmp.Or(passwords.Burn(ctx, form.Password, otpCost), errOTP("expired"))
	}
	// An attacker who requests a password for another account may guess it five times, from all
	// addresses together. These guesses do not count against the account's owner.
	for _, key := range []string{"otp " + otp.ID(), "otp " + otp.Text("recordRef") + " " + a.Caller.IP} {
		if err := m.guesses.add(key, m.app.Now(), "Too many attempts, please try again later with a new OTP."); err != nil {
			return Proof{}, err
		}
	}
	ok, err := passwords.Compare(ctx, otp.Text("password"), form.Password)
	if err != nil {
		return Proof{}, err
	}
	if !ok {
		return Proof{}, errOTP("wrong")
	}
	r, err := m.use(ctx, c, otp)
	return Proof{Record: r}, err
}

// use deletes the one-time password, so that it works only once, and returns its record. If the
// password was sent to the address of the record, the address becomes verified.
func (m otps) use(ctx context.Context, c *schema.Collection, otp *record.Record) (r *record.Record, err error) {
	password := randomPassword(c)
	err = m.app.Transaction(ctx, func(tx *core.Tx) error {
		if err := tx.Records.Delete(tx.Context, record.Root(), schema.OTPs, otp.ID()); err != nil {
			return gone(err, errOTP("used"))
		}
		r, err = tx.Records.FindByID(tx.Context, c.ID, otp.Text("recordRef"))
		if err != nil {
			return gone(err, errOTP("the record is gone"))
		}
		if sentTo := otp.Text("sentTo"); r.Bool("verified") || sentTo == "" || sentTo != r.Text("email") {
			return nil
		}
		r.Set("verified", true)
		// Another person may have set the password before the address was verified.
		if !c.Auth.MFA.Enabled {
			r.Set("password", password)
		}
		r, err = tx.Records.Save(tx.Context, record.Root(), r)
		return err
	})
	return r, err
}

// gone returns instead if err is a NotFound fault, else err.
func gone(err, instead error) error {
	if fault.KindOf(err) == fault.NotFound {
		return instead
	}
	return err
}

func ignoreGone(err error) error { return gone(err, nil) }
