// Tokens: positions at which a subscriber resumes.

package change

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Token names a transaction in the feed, so that a subscriber can resume after it. Its text, which
// is opaque to clients, holds the epoch of the database and the transaction's number. The empty
// token stands for the present.
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

// At returns the token of another transaction of the same epoch.
func (t Token) At(seq int64) Token {
	epoch, _, _ := strings.Cut(string(t), ".")
	return makeToken(epoch, seq)
}

// End returns the position behind the token's transaction, the zero position for a token without a
// transaction.
func (t Token) End() Position {
	epoch, _, _ := strings.Cut(string(t), ".")
	seq, err := t.number(epoch)
	if err != nil {
		return Position{}
	}
	return end(seq)
}

// number returns the transaction of a token of that epoch. The error is ErrGone for any other
// token.
func (t Token) number(epoch string) (int64, error) {
	// A token comes from a client: any token that is not of this epoch is ErrGone, not an error of
	// another kind.
	own, number, ok := strings.Cut(string(t), ".")
	number, _, _ = strings.Cut(number, "+")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || own != epoch || seq < 0 {
		return 0, ErrGone
	}
	return seq, nil
}

// maxBeside is the maximum number of transactions that a token names beside its own.
const maxBeside = 100

// Beside returns a token for a receiver that has all transactions up to the token's, and those in
// later. The feed does not skip these: that is left to the receiver, by Later. If they are too
// many, the token does not name them.
func (t Token) Beside(later []int64) Token {
	if len(later) == 0 || len(later) > maxBeside {
		return t
	}
	text := []byte(t)
	for _, seq := range later {
		text = strconv.AppendInt(append(text, '+'), seq, 10)
	}
	return Token(text)
}

// Later returns the transactions of Beside, in order.
func (t Token) Later() (later []int64) {
	_, rest, _ := strings.Cut(string(t), "+")
	for text := range strings.SplitSeq(rest, "+") {
		seq, err := strconv.ParseInt(text, 10, 64)
		if err != nil || len(later) == maxBeside {
			return nil // a client made the token up
		}
		later = append(later, seq)
	}
	slices.Sort(later)
	return later
}
