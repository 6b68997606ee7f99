// Tokens: where a subscriber resumes.

package change

import (
	"errors"
	"strconv"
	"strings"
)

// Token names a transaction in the feed, so that a subscriber can resume after it. Its
// text is opaque to clients: the epoch of the database and the transaction's number.
// The empty token is the present.
type Token string

var (
	// ErrGone is the error of a token that cannot be resumed from: the log does not go
	// back that far, or it belongs to another database, or a restore has replaced the
	// database. The subscriber has to read all data again.
	ErrGone = errors.New("change: the log does not go back to this token")
	// ErrSlow ends a subscription whose queue is full. The subscriber may resume from
	// its last token.
	ErrSlow = errors.New("change: the subscriber is too slow")
	// ErrClosed ends a subscription when the log is closed.
	ErrClosed = errors.New("change: the feed has ended")
)

func makeToken(epoch string, seq int64) Token {
	return Token(epoch + "." + strconv.FormatInt(seq, 10))
}

// At is the token of another transaction of the same epoch.
func (t Token) At(seq int64) Token {
	epoch, _, _ := strings.Cut(string(t), ".")
	return makeToken(epoch, seq)
}

// End is the position behind the token's transaction, the zero one for a token that names
// none.
func (t Token) End() Position {
	epoch, _, _ := strings.Cut(string(t), ".")
	seq, err := t.number(epoch)
	if err != nil {
		return Position{}
	}
	return end(seq)
}

// number is the transaction in a token of that epoch; ErrGone for any other token.
func (t Token) number(epoch string) (int64, error) {
	// A token comes from a client: whatever is not one of this epoch is gone, not an error of
	// another kind.
	own, number, ok := strings.Cut(string(t), ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || own != epoch || seq < 0 {
		return 0, ErrGone
	}
	return seq, nil
}
