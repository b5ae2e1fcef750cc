"""The examples in the OpenAPI description: an image, its reading, the message of each problem."""

from inkling.serving import problems

# A seven of 48 x 48 pixels, small enough for an example. It can be sent as it is.
EXAMPLE_IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwAQMAAABtzGvEAAAABlBMVEX///8AAABVwtN+AAAAZElEQVR42q2QOw6A"
    "IBAFhxdi6GztvIoH83AchSNQWhi1eBCsjdtMZr/Jwm+xAPN9HwhgMi4gwe4W1wKu2VQREFuyICBlm2Olm4Zdxmac"
    "/QAa8ECob1PbUkAQm2UQJHfNRvjyhAeTRxB6CMLVQAAAAABJRU5ErkJggg=="
)
# The crop of a seven, as the network saw it.
EXAMPLE_CROP = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAARklEQVR4nGNgGGSAEcb4j0WUCauW//gk0Y1F0YbXWAZc"
    "kgiNJOpE0kiqnUgeQJdECShSjP2PEiwk6ETVSIJONI34dQ46AABn4wki3tvMQgAAAABJRU5ErkJggg=="
)
EXAMPLE_READING = {
    "image": "image 1",
    "verdict": "digits",
    "text": "42",
    "digits": [
        {
            "digit": 4,
            "label": "4",
            "confidence": 0.998112,
            "box": [21, 14, 40, 58],
            "verdict": "digits",
            "alternatives": [],
            "doubts": [],
        },
        {
            "digit": 2,
            "label": "2",
            "confidence": 0.861204,
            "box": [74, 12, 41, 60],
            "verdict": "digits",
            "alternatives": [{"digit": 7, "label": "7", "confidence": 0.120331}],
            "doubts": ["looks like 2 or 7"],
        },
    ],
    "lines": [[0, 1]],
    "others": [],
    "rotation": 0,
}
DETAILS = {
    problems.TOO_LARGE: "The body exceeds 10 MB. Send a smaller image, or fewer images.",
    problems.NOT_AN_IMAGE: "image 1 is not an image that inkling knows (PNG, JPEG, WEBP, ...)",
    problems.UNREADABLE: "image 1 has 9000 x 9000 pixels; the limit is 25 million. Reduce its size",
    problems.INVALID: "The JSON body is invalid.",
    problems.TOO_SLOW: "The body was not complete after 30 seconds.",
    problems.BUSY: "The queue is full. Retry in 1 second.",
    problems.NOT_FOUND: "This path does not exist. /docs lists all paths.",
    problems.WRONG_METHOD: "This path does not accept the method. /docs lists all methods.",
    problems.CORRECTIONS_OFF: "This service stores no corrections: start it with --corrections.",
    problems.CORRECTIONS_FULL: "The folder holds 10,000 corrections, which is the limit.",
    problems.INTERNAL: "An internal error occurred. The server's log has the details.",
}
