package asset

import "regexp"

var iconID = regexp.MustCompile(`id="i-([a-z]+)"`)

// Icons returns the names of the icons of the sprite, in their order there.
func Icons() (names []string) {
	sprite, err := embedded.ReadFile("files/icons.svg")
	if err != nil {
		panic(err) // not reached: the sprite is embedded
	}
	for _, found := range iconID.FindAllSubmatch(sprite, -1) {
		names = append(names, string(found[1]))
	}
	return names
}
