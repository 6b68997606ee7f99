package wire

// The moves of a picker over a JSON text that is known to be valid. On one that is
// not they stop at its end.

func (p *picker) space() {
	for p.at < len(p.src) && (p.src[p.at] == ' ' || p.src[p.at] == '\n' || p.src[p.at] == '\t' || p.src[p.at] == '\r') {
		p.at++
	}
}

// more goes to the next item of a list or object, or over its closing bracket.
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

// text is the string that begins here, with its quotes.
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

// word is the number, true, false or null that begins here.
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

// skip goes over the value that begins here.
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
