package standard

import (
	"hash/crc32"
	"strconv"
)

func checksum(s string) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(s))), 10)
}

// CollectionID is the id of a collection that was submitted without one.
func CollectionID(kind, name string, taken func(id string) bool) string {
	return firstFree("pbc_"+checksum(kind+name), taken)
}

// FieldID is the id of a field that was submitted without one.
func FieldID(kind, name string, taken func(id string) bool) string {
	return firstFree(kind+checksum(name), taken)
}

func firstFree(id string, taken func(string) bool) string {
	if taken == nil || !taken(id) {
		return id
	}
	for n := 2; ; n++ {
		if next := id + strconv.Itoa(n); !taken(next) {
			return next
		}
	}
}
