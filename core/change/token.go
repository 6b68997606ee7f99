package change

import (
	"errors"
	"strconv"
	"strings"
)

// Token is a place in the feed, for resuming after it. Its text is opaque to
// clients: the epoch of the database and the number of a transaction. The empty
// token is the present.
type Token string

var (
	// ErrGone is a token that cannot be resumed from: the log does not go back that
	// far, or is that of another database, or what comes after the token was undone
	// by a restore. Whoever gets it has to read everything anew.
	ErrGone = errors.New("change: the log does not go back to this token")
	// ErrSlow ends a subscription that does not keep up. It may be resumed from its
	// last token.
	ErrSlow = errors.New("change: the subscriber is too slow")
	// ErrClosed ends a subscription when the log is closed.
	ErrClosed = errors.New("change: the feed has ended")
)

func makeToken(epoch string, seq int64) Token {
	return Token(epoch + "." + strconv.FormatInt(seq, 10))
}

// place is the number in a token of that epoch.
func (t Token) place(epoch string) (int64, error) {
	own, number, ok := strings.Cut(string(t), ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || own != epoch || seq < 0 {
		return 0, ErrGone
	}
	return seq, nil
}
