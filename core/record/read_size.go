// How much memory an answer may take while it is built.

package record

// How much memory the answer to a request may take. The records are encoded as they are
// read, so the limits hold before an answer is built.

// pageLimit returns how many bytes the records of a page may have.
func (rq *readRequest) pageLimit() int {
	if rq.superuser {
		return rq.service.cfg.PageLimit
	}
	return min(rq.service.cfg.PageLimit, rq.service.cfg.CallerPageLimit)
}

// treeLimit returns how many bytes may be added by following relations.
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
	smallAnswer = 256 << 10 // bytes that are not counted: no more requests are at work than may read
	answerStep  = 1 << 20   // bytes by which the lease grows
)

// hold counts the bytes of the answer that is being built, all of them, until close. The
// error is a fault.Unavailable: the caller, or all together, have too many.
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
