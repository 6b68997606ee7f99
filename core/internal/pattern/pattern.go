// Package pattern generates random texts that match a regular expression.
package pattern

import (
	"crypto/rand"
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
)

// maxRepeat is the maximum number of repetitions beyond the lower bound if the expression has no
// upper bound.
const maxRepeat = 10

// Limits of a text, so that nested repetitions do not use much memory or time.
const (
	maxGenerated     = 5000 // bytes
	maxGenerateSteps = 100_000
)

// Pattern is a regular expression for which texts are generated. It may have literals, classes,
// groups, alternation, repetition and the anchors ^ and $. It is safe for concurrent use.
type Pattern struct{ re *syntax.Regexp }

// Parse parses a regular expression.
func Parse(text string) (*Pattern, error) {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	clip(re)
	return &Pattern{re}, nil
}

// Generate returns a random text that matches the pattern, from crypto/rand. It fails for an
// unsupported part of the pattern, or for a text beyond the limits.
func (p *Pattern) Generate() (string, error) {
	var g generator
	if err := g.generate(p.re); err != nil {
		return "", err
	}
	return g.text.String(), nil
}

// Generate is Parse and Pattern.Generate in one call.
func Generate(text string) (string, error) {
	p, err := Parse(text)
	if err != nil {
		return "", err
	}
	return p.Generate()
}

// clip removes from each class the runes that are not printable ASCII. A class without printable
// ASCII keeps only its first rune.
func clip(re *syntax.Regexp) {
	for _, sub := range re.Sub {
		clip(sub)
	}
	if re.Op != syntax.OpCharClass || len(re.Rune) == 0 {
		return
	}
	var ascii []rune
	for i := 0; i+1 < len(re.Rune); i += 2 {
		if low, high := max(re.Rune[i], ' '), min(re.Rune[i+1], '~'); low <= high {
			ascii = append(ascii, low, high)
		}
	}
	if ascii == nil {
		ascii = []rune{re.Rune[0], re.Rune[0]}
	}
	re.Rune = ascii
}

// generator has the text so far and a pool of random bytes, which saves a system call for each
// character.
type generator struct {
	text  strings.Builder
	steps int
	pool  [64]byte // random bytes; the last left bytes are unused
	left  int
}

// generate appends a text for one node of the expression.
func (g *generator) generate(re *syntax.Regexp) error {
	if g.steps++; g.steps > maxGenerateSteps || g.text.Len() > maxGenerated {
		return errors.New("the pattern makes texts that are too long")
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return nil
	case syntax.OpLiteral:
		g.text.WriteString(string(re.Rune))
		return nil
	case syntax.OpCharClass:
		return g.pick(re.Rune)
	// The printable characters of ASCII, which every client can show and send.
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return g.pick([]rune{' ', '~'})
	case syntax.OpCapture:
		return g.generate(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if err := g.generate(sub); err != nil {
				return err
			}
		}
		return nil
	case syntax.OpAlternate:
		return g.generate(re.Sub[g.below(len(re.Sub))])
	case syntax.OpStar:
		return g.repeat(re.Sub[0], 0, maxRepeat)
	case syntax.OpPlus:
		return g.repeat(re.Sub[0], 1, maxRepeat)
	case syntax.OpQuest:
		return g.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		if re.Max < 0 {
			return g.repeat(re.Sub[0], re.Min, re.Min+maxRepeat)
		}
		return g.repeat(re.Sub[0], re.Min, re.Max)
	}
	return fmt.Errorf("no text can be made for %q", re.String())
}

// repeat appends between low and high texts for the node.
func (g *generator) repeat(re *syntax.Regexp, low, high int) error {
	for range low + g.below(high-low+1) {
		if err := g.generate(re); err != nil {
			return err
		}
	}
	return nil
}

// pick writes one rune of a class, which is a list of inclusive ranges.
func (g *generator) pick(class []rune) error {
	total := 0
	for i := 0; i < len(class); i += 2 {
		total += int(class[i+1]-class[i]) + 1
	}
	if total == 0 {
		return errors.New("the pattern has a class that nothing matches")
	}
	n := rune(g.below(total))
	for i := 0; ; i += 2 {
		size := class[i+1] - class[i] + 1
		if n < size {
			g.text.WriteRune(class[i] + n)
			return nil
		}
		n -= size
	}
}

// below returns a uniform random number from 0 to n-1, by rejection. Repetitions and classes are
// much smaller than 2^16; of more alternatives only the first 2^16 are used.
func (g *generator) below(n int) int {
	if n <= 1 {
		return 0
	}
	width := 1 // bytes
	if n > 1<<8 {
		width, n = 2, min(n, 1<<16)
	}
	full := 1 << (8 * width)
	for {
		v := 0
		for range width {
			v = v<<8 | int(g.next())
		}
		if v < full-full%n {
			return v % n
		}
	}
}

// next returns a random byte.
func (g *generator) next() byte {
	if g.left == 0 {
		rand.Read(g.pool[:]) //nolint:errcheck // never fails
		g.left = len(g.pool)
	}
	g.left--
	return g.pool[g.left]
}
