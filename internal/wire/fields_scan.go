package wire

// The movements of a picker in a JSON text that is known to be valid. In an invalid text they stop
// at its end.

func (p *picker) space() {
	for p.at < len(p.src) && (p.src[p.at] == ' ' || p.src[p.at] == '\n' || p.src[p.at] == '\t' || p.src[p.at] == '\r') {
		p.at++
	}
}

// more moves to the next item of a list or object, or past its closing bracket.
func (p *picker) more(closing byte) bool {
	p.space()
	if p.at < len(p.src) && p.src[p.at] == ',' {
		p.at++
		p.space()
	}
	if p.at >= len(p.src) {
		return false
	}
	if p.src[p.at] == closing {
		p.at++
		return false
	}
	return true
}

// text reads a string, and returns it with its quotes.
func (p *picker) text() []byte {
	start := p.at
	for p.at++; p.at < len(p.src) && p.src[p.at] != '"'; p.at++ {
		if p.src[p.at] == '\\' {
			p.at++
		}
	}
	p.at = min(p.at+1, len(p.src))
	return p.src[start:p.at]
}

// word reads a number, true, false or null, and returns it.
func (p *picker) word() []byte {
	start := p.at
	for p.at++; p.at < len(p.src); p.at++ {
		switch p.src[p.at] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return p.src[start:p.at]
		}
	}
	return p.src[start:]
}

// skip moves past a value.
func (p *picker) skip() {
	p.space()
	for depth := 0; p.at < len(p.src); {
		switch p.src[p.at] {
		case '"':
			p.text()
		case '{', '[':
			depth++
			p.at++
		case '}', ']':
			depth--
			p.at++
		case ',', ':', ' ', '\n', '\t', '\r':
			p.at++
			continue
		default:
			p.word()
		}
		if depth <= 0 {
			return
		}
	}
}
