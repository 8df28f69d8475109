"""`custos shift`: the posts of a demo's shift, played by a program that uses the public API alone.

It signs its people on, walks their rounds with the tags at the doors, takes what is asked of their posts
and answers it in words after a believable time, notices things itself, and hands over when the shift ends.
One area's patrol and the duty leader's decisions are left to whoever tries the demo.

`crew` is who plays and the keys of their doors; `client` asks the API, over and over where it is away;
`walk` and `script` decide what is done and when, and know neither clock nor network; `playing` puts them
together.
"""
