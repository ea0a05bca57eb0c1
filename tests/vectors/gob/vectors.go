// Writes what Go's encoding/gob makes of the values that an Owncast datastore holds, and of a few that it does not:
// one JSON object to a line, with the bytes in hexadecimal. Run by hand: `go run vectors.go > values.jsonl`.
package main

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

type StreamKey struct{ Key, Comment string }

type PointedKey struct {
	Comment *string
	Key     *string
}

type SocialHandle struct{ Platform, URL, Icon string }

type StreamOutputVariant struct {
	Name               string
	VideoBitrate       int
	AudioBitrate       int
	ScaledWidth        int
	ScaledHeight       int
	Framerate          int
	CPUUsageLevel      int
	IsVideoPassthrough bool
	IsAudioPassthrough bool
}

type ExternalAction struct {
	URL, HTML, Title, Description, Icon, Color string
	OpenExternally                             bool
}

type S3 struct {
	Endpoint, AccessKey, Secret, Bucket, Region, ACL, PathPrefix, ServingEndpoint string
	Enabled, ForcePathStyle                                                       bool
}

type Discord struct {
	Webhook       string
	GoLiveMessage string
	Enabled       bool
}

type NullTime struct {
	Time  time.Time
	Valid bool
}

type Tree struct {
	Name     string
	Children []Tree
}

type Odd struct {
	Small   int8
	Big     int64
	Count   uint64
	Half    float32
	Bytes   []byte
	Four    [4]int
	ByName  map[string]int
	Nested  map[string][]SocialHandle
	Nothing *int
}

func put(name string, value any, want any) {
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(value); err != nil {
		panic(err)
	}
	line, err := json.Marshal(map[string]any{"name": name, "gob": hex.EncodeToString(out.Bytes()), "value": want})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

type m = map[string]any

func main() {
	key, comment := "abc123", "Default stream key"
	put("text", "New Owncast Server", "New Owncast Server")
	put("empty text", "", "")
	put("text in many scripts", "жизнь 🎉 été\x00", "жизнь 🎉 été\x00")
	put("long text", strings.Repeat("0123456789", 2000), strings.Repeat("0123456789", 2000))
	put("true", true, true)
	put("false", false, false)
	put("port", float64(8080), 8080.0)
	put("zero", float64(0), 0.0)
	put("a third", 1.0/3, 1.0/3)
	put("negative", -2.5, -2.5)
	put("largest", math.MaxFloat64, math.MaxFloat64)
	put("integer", 1<<40, 1<<40)
	put("least integer", math.MinInt64, math.MinInt64)
	put("texts", []string{"owncast", "operator", "", "admin"}, []string{"owncast", "operator", "", "admin"})
	put("no texts", []string{}, []string{})
	put("map", map[string]string{"theme-color-action": "#ff0000"}, m{"theme-color-action": "#ff0000"})
	put("empty map", map[string]string{}, m{})
	put("stream keys", []StreamKey{{key, comment}, {Key: "only a key"}}, []m{{"Key": key, "Comment": comment}, {"Key": "only a key"}})
	put("pointed keys", []PointedKey{{Key: &key, Comment: &comment}}, []m{{"Key": key, "Comment": comment}})
	put("social handles", []SocialHandle{{Platform: "github", URL: "https://example.org/"}}, []m{{"Platform": "github", "URL": "https://example.org/"}})
	put("variants", []StreamOutputVariant{{Name: "Source", IsVideoPassthrough: true, IsAudioPassthrough: true, VideoBitrate: 1200, CPUUsageLevel: 2}}, []m{{"Name": "Source", "IsVideoPassthrough": true, "IsAudioPassthrough": true, "VideoBitrate": 1200, "CPUUsageLevel": 2}})
	put("external actions", []ExternalAction{{URL: "https://example.org/tip", Title: "Tip", Color: "#00f", OpenExternally: true}, {HTML: "<b>Ahoy</b>", Title: "Card"}}, []m{{"URL": "https://example.org/tip", "Title": "Tip", "Color": "#00f", "OpenExternally": true}, {"HTML": "<b>Ahoy</b>", "Title": "Card"}})
	put("s3", S3{Endpoint: "https://s3.example.org", Bucket: "videos", ACL: "public-read", Enabled: true}, m{"Endpoint": "https://s3.example.org", "Bucket": "videos", "ACL": "public-read", "Enabled": true})
	put("empty s3", S3{}, m{})
	put("discord", Discord{Enabled: true, Webhook: "https://example.org/hook", GoLiveMessage: "Live!"}, m{"Enabled": true, "Webhook": "https://example.org/hook", "GoLiveMessage": "Live!"})
	at := time.Date(2024, 2, 29, 12, 34, 56, 123456789, time.FixedZone("", 5400))
	binary, _ := at.GobEncode()
	put("null time", NullTime{at, true}, m{"Time": m{"bytes": hex.EncodeToString(binary)}, "Valid": true})
	put("tree", Tree{"root", []Tree{{"a", nil}, {"b", []Tree{{"c", nil}}}}}, m{"Name": "root", "Children": []m{{"Name": "a"}, {"Name": "b", "Children": []m{{"Name": "c"}}}}})
	put("odd", Odd{Small: -5, Big: math.MinInt64, Count: math.MaxUint64, Half: 0.5, Bytes: []byte{0, 255}, Four: [4]int{1, 0, -1, 2}, ByName: map[string]int{"a": 1}, Nested: map[string][]SocialHandle{"x": {{Platform: "p"}}}}, m{"Small": -5, "Big": math.MinInt64, "Count": uint64(math.MaxUint64), "Half": 0.5, "Bytes": m{"bytes": "00ff"}, "Four": []int{1, 0, -1, 2}, "ByName": m{"a": 1}, "Nested": m{"x": []m{{"Platform": "p"}}}})
}
