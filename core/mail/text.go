package mail

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// plainText returns the text of an HTML page, with the addresses of its links.
func plainText(page string) string {
	var out strings.Builder
	var hidden int     // number of open elements without visible text
	var links []string // the addresses of the open links
	var linkFrom []int // the offsets of their texts in out
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break
		}
		token := tokens.Token()
		switch kind {
		// Any white space in HTML is shown as one space.
		case html.TextToken:
			if hidden == 0 {
				out.WriteString(spaces.ReplaceAllString(token.Data, " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			switch token.Data {
			case "style", "script", "head", "title":
				if kind == html.StartTagToken {
					hidden++
				}
			case "br":
				out.WriteByte('\n')
			case "a":
				links, linkFrom = append(links, attribute(token, "href")), append(linkFrom, out.Len())
			default:
				if isBlock(token.Data) {
					out.WriteString("\n\n")
				}
			}
		case html.EndTagToken:
			switch token.Data {
			case "style", "script", "head", "title":
				hidden = max(0, hidden-1)
			case "a":
				if n := len(links); n > 0 {
					// A link whose text is its address is not repeated.
					if href := links[n-1]; href != "" && strings.TrimSpace(out.String()[linkFrom[n-1]:]) != href {
						out.WriteString(": " + href)
					}
					links, linkFrom = links[:n-1], linkFrom[:n-1]
				}
			default:
				if isBlock(token.Data) {
					out.WriteString("\n\n")
				}
			}
		}
	}
	text := aroundBreak.ReplaceAllString(out.String(), "\n")
	return strings.TrimSpace(manyBreaks.ReplaceAllString(text, "\n\n"))
}

var (
	spaces      = regexp.MustCompile(`\s+`)
	aroundBreak = regexp.MustCompile(` *\n *`)
	manyBreaks  = regexp.MustCompile(`\n{3,}`)
)

func attribute(token html.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func isBlock(tag string) bool {
	switch tag {
	case "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "blockquote", "pre", "hr", "section":
		return true
	}
	return false
}
