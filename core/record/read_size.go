// Limits of the memory of an answer while it is built.

package record

// Records are encoded while they are read, so the limits apply before an answer is complete.

// pageLimit returns the maximum number of bytes of the records of a page.
func (rq *readRequest) pageLimit() int {
	if rq.superuser {
		return rq.service.cfg.PageLimit
	}
	return min(rq.service.cfg.PageLimit, rq.service.cfg.CallerPageLimit)
}

// treeLimit returns the maximum number of bytes that related records may add.
func (rq *readRequest) treeLimit() int {
	limit := maxTreeBytes
	if !rq.superuser {
		limit = min(limit, rq.service.cfg.CallerPageLimit)
	}
	if rq.treeRoom != nil {
		limit = min(limit, *rq.treeRoom)
	}
	return limit
}

const (
	smallAnswer = 256 << 10 // bytes that are not counted: the number of concurrent reads is limited
	answerStep  = 1 << 20   // the bytes by which the lease grows
)

// hold sets the number of bytes of the answer that is being built, which are counted until close.
// The error is a fault.Unavailable if the caller, or all callers together, have too many bytes.
func (rq *readRequest) hold(bytes int) error {
	missing := int64(bytes-smallAnswer) - rq.held
	if missing <= 0 || rq.service.cfg.Answers == nil {
		return nil
	}
	if rq.held == 0 {
		rq.answer = rq.service.cfg.Answers.Lend(rq.caller.Share())
	}
	missing = (missing + answerStep - 1) / answerStep * answerStep
	if err := rq.answer.Grow(missing); err != nil {
		return err
	}
	rq.held += missing
	return nil
}
